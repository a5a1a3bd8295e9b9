// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connection/globals.h"
#include "core/geometry.h"
#include "overlay/overlay_layer.h"
#include "overlay/text_buffers.h"
#include "surface/scale.h"
#include "wayland/overlay.h"

namespace oriel::wayland {

class OverlayTextListener {
public:
    OverlayTextListener() = default;
    OverlayTextListener(const OverlayTextListener&) = delete;
    OverlayTextListener& operator=(const OverlayTextListener&) = delete;

    /// There is something for update() to show.
    virtual void overlay_text_changed() = 0;

protected:
    ~OverlayTextListener() = default;
};

/// A text over a window's picture, on a subsurface. Its image is painted by somebody else, for the
/// window's size and scale; until it is there, the image before stays.
class OverlayText final : private TextReceiver, private TextBuffersListener {
public:
    enum class Kind : uint8_t {
        kCaption,  ///< in the middle of the lower edge; changes with the window's next commit
        kFigures,  ///< small, in the top left corner, a place that no text changes; so another text
                   ///< needs no commit of the window
    };
    /// All is lent and must outlive this. No painter: no text.
    OverlayText(const Globals& globals, wl_surface* window, TextPainter* painter, Kind kind,
                OverlayTextListener& listener)
        : globals_{globals},
          window_surface_{window},
          painter_{painter},
          kind_{kind},
          listener_{listener},
          texts_{globals, *this} {}
    OverlayText(const OverlayText&) = delete;
    OverlayText& operator=(const OverlayText&) = delete;
    ~OverlayText() = default;

    /// Shows `text` (empty: none) in a window of that size, logical px. The subcompositor must be
    /// there. Whether the window has something to commit.
    [[nodiscard]] bool update(const std::string& text, Size window, Scale scale);
    /// The connection is gone.
    void connection_lost() { lost_ = true; }

private:
    // TextReceiver, TextBuffersListener
    void text_painted(Result<TextImage> image) override;
    void text_buffer_free() override;

    [[nodiscard]] bool hide() { return layer_ && layer_->hide(); }
    [[nodiscard]] TextRequest wanted(const std::string& text, Size window, Scale scale) const;
    void ask(TextRequest request);

    const Globals& globals_;
    wl_surface* const window_surface_;
    TextPainter* const painter_;
    const Kind kind_;
    OverlayTextListener& listener_;
    bool lost_ = false;
    /// What was asked for last.
    std::optional<TextRequest> asked_;
    /// The painter has not answered yet.
    bool painting_ = false;
    /// A text was painted while there was no room for it.
    bool missed_ = false;
    TextBuffers texts_;
    /// From when it is first needed.
    std::unique_ptr<OverlayLayer> layer_;
    WeakOwner<TextReceiver> self_{this};
};

}  // namespace oriel::wayland
