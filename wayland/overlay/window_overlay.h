// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "connection/globals.h"
#include "core/event_loop.h"
#include "core/geometry.h"
#include "overlay/overlay_layer.h"
#include "overlay/text_buffers.h"
#include "surface/black.h"
#include "surface/scale.h"
#include "wayland/overlay.h"

namespace oriel::wayland {

class WindowOverlayListener {
public:
    WindowOverlayListener() = default;
    WindowOverlayListener(const WindowOverlayListener&) = delete;
    WindowOverlayListener& operator=(const WindowOverlayListener&) = delete;

    /// The overlay is to be another one, which needs a commit of the window. Comes on the loop, and
    /// only where none has come meanwhile.
    virtual void overlay_changed() = 0;

protected:
    ~WindowOverlayListener() = default;
};

/// What is over a window's picture: half black, and a text. Both are subsurfaces, so the picture
/// below stays what it is, whatever path it takes. Where the compositor has no subcompositor, there
/// is none.
class WindowOverlay final : private TextReceiver, private TextBuffersListener {
public:
    /// All is lent and must outlive this. No painter: no text.
    WindowOverlay(EventLoop& loop, const Globals& globals, wl_surface* window, TextPainter* painter,
                  WindowOverlayListener& listener);
    WindowOverlay(const WindowOverlay&) = delete;
    WindowOverlay& operator=(const WindowOverlay&) = delete;
    ~WindowOverlay() = default;

    /// Takes effect with the window's next commit, which comes in this turn at the latest.
    void set(const Overlay& content);
    [[nodiscard]] const Overlay& content() const { return content_; }
    /// The window's next commit, which follows, brings that size, logical px.
    void window_is(Size window, Scale scale);
    /// The connection is gone.
    void connection_lost();

private:
    // TextReceiver, TextBuffersListener
    void text_painted(Result<TextImage> image) override;
    void text_buffer_free() override;

    void change();
    [[nodiscard]] bool update();
    [[nodiscard]] bool update_text();
    [[nodiscard]] TextRequest wanted() const;
    [[nodiscard]] uint32_t buffer_scale() const;
    void ask();

    const Globals& globals_;
    wl_surface* const window_surface_;
    TextPainter* const painter_;
    WindowOverlayListener& listener_;
    Overlay content_;
    Size window_;
    Scale scale_;
    bool lost_ = false;
    /// What was asked for last.
    std::optional<TextRequest> asked_;
    /// The painter has not answered yet.
    bool painting_ = false;
    /// A text was painted while there was no room for it.
    bool missed_ = false;
    BlackBuffer black_;
    TextBuffers texts_;
    // From when they are first needed.
    std::unique_ptr<OverlayLayer> dim_;
    std::unique_ptr<OverlayLayer> text_;
    DeferredCall commit_;
    WeakOwner<TextReceiver> self_{this};
};

}  // namespace oriel::wayland
