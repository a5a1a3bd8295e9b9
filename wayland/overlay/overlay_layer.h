// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/globals.h"
#include "core/geometry.h"

namespace oriel::wayland {

/// Something translucent over a window, on a subsurface of its own: nothing of the picture is drawn
/// again. It takes no input. All of it takes effect with the window's next commit.
class OverlayLayer {
public:
    /// The subcompositor must be there. Comes above all subsurfaces of `window` (lent, as
    /// `globals` is: both must outlive this) that there are.
    OverlayLayer(const Globals& globals, wl_surface* window);
    OverlayLayer(const OverlayLayer&) = delete;
    OverlayLayer& operator=(const OverlayLayer&) = delete;

    /// `buffer` at `place`, logical px in the window. Without viewports it must have `buffer_scale`
    /// times as many px. Returns whether that changes anything.
    bool show(wl_buffer* buffer, const Rect& place, uint32_t buffer_scale);
    bool hide();
    /// What is shown; null: nothing.
    [[nodiscard]] const wl_buffer* buffer() const { return buffer_; }

private:
    wl_buffer* buffer_ = nullptr;
    Rect place_;
    uint32_t buffer_scale_ = 1;
    // Bottom up: the role goes before the surface.
    Proxy<wl_surface> surface_;
    Proxy<wp_viewport> viewport_;
    Proxy<wl_subsurface> subsurface_;
};

}  // namespace oriel::wayland
