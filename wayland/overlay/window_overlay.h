// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "connection/globals.h"
#include "core/event_loop.h"
#include "core/geometry.h"
#include "overlay/overlay_layer.h"
#include "overlay/overlay_text.h"
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

/// What is over a window's picture: half black, a text, and figures. All are subsurfaces, so the
/// picture below stays what it is, whatever path it takes. Where the compositor has no
/// subcompositor, there is none.
class WindowOverlay final : private OverlayTextListener {
public:
    /// All is lent and must outlive this. No painter: no text.
    WindowOverlay(EventLoop& loop, const Globals& globals, wl_surface* window, TextPainter* painter,
                  WindowOverlayListener& listener);
    WindowOverlay(const WindowOverlay&) = delete;
    WindowOverlay& operator=(const WindowOverlay&) = delete;
    ~WindowOverlay() = default;

    /// Takes effect with the window's next commit, which comes in this turn at the latest; other
    /// figures than before take effect by themselves.
    void set(const Overlay& content);
    [[nodiscard]] const Overlay& content() const { return content_; }
    /// The window's next commit, which follows, brings that size, logical px.
    void window_is(Size window, Scale scale);
    /// The connection is gone.
    void connection_lost();

private:
    void overlay_text_changed() override;
    [[nodiscard]] bool update();
    [[nodiscard]] bool update_dim();

    const Globals& globals_;
    wl_surface* const window_surface_;
    WindowOverlayListener& listener_;
    Overlay content_;
    Size window_;
    Scale scale_;
    bool lost_ = false;
    BlackBuffer black_;
    /// From when it is first needed.
    std::unique_ptr<OverlayLayer> dim_;
    OverlayText text_;
    OverlayText figures_;
    DeferredCall commit_;
};

}  // namespace oriel::wayland
