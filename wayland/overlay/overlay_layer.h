// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/globals.h"
#include "core/geometry.h"

namespace oriel::wayland {

/// Something translucent over a window, on a subsurface of its own: nothing of the picture is drawn
/// again. It takes no input.
class OverlayLayer {
public:
    enum class Timing : uint8_t {
        kWithWindow,  ///< all of it takes effect with the window's next commit
        kAtOnce,  ///< its content takes effect at once; its place, and that it is there, as above
    };
    /// The subcompositor must be there. Comes above all subsurfaces of `window` (lent, as
    /// `globals` is: both must outlive this) that there are.
    OverlayLayer(const Globals& globals, wl_surface* window, Timing timing);
    OverlayLayer(const OverlayLayer&) = delete;
    OverlayLayer& operator=(const OverlayLayer&) = delete;

    /// `buffer` at `place`, logical px in the window. Without viewports it must have `buffer_scale`
    /// times as many px. Returns whether that needs a commit of the window.
    bool show(wl_buffer* buffer, const Rect& place, uint32_t buffer_scale);
    bool hide();
    /// What is shown; null: nothing.
    [[nodiscard]] const wl_buffer* buffer() const { return buffer_; }

private:
    const Timing timing_;
    wl_buffer* buffer_ = nullptr;
    /// The window has it as its subsurface, once it is committed.
    bool placed_ = false;
    Rect place_;
    uint32_t buffer_scale_ = 1;
    // Bottom up: the role goes before the surface.
    Proxy<wl_surface> surface_;
    Proxy<wp_viewport> viewport_;
    Proxy<wl_subsurface> subsurface_;
};

}  // namespace oriel::wayland
