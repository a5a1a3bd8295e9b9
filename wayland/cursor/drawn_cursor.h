// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "connection/globals.h"
#include "connection/proxies.h"
#include "core/geometry.h"
#include "cursor/cursor_surface.h"
#include "seat/input_context.h"

namespace oriel::wayland {

/// A guest's cursor where the guest has it, on top of its window: for while the host's pointer is
/// locked and can't be that cursor. Drawn at most once for each frame of the compositor.
class DrawnCursor {
public:
    /// Where the hot spot is now, logical px in the window; the window's commit follows.
    using Drawn = std::function<void(Point at)>;

    /// The subcompositor must be there. `globals` and the window's surface are lent and must
    /// outlive this. The window must be mapped.
    DrawnCursor(const Globals& globals, const WindowView& window, Drawn drawn);
    DrawnCursor(const DrawnCursor&) = delete;
    DrawnCursor& operator=(const DrawnCursor&) = delete;

    /// `hotspot`: of the cursor, in the picture, buffer px. No image: nothing is drawn.
    void show(const WindowView& window, Point hotspot);

private:
    static const wl_callback_listener kFrameListener;
    void draw();

    Drawn drawn_;
    WindowView window_;
    Point hotspot_;
    bool hidden_ = true;
    /// What was asked for last is not drawn yet.
    bool due_ = false;
    CursorSurface surface_;
    Proxy<wl_subsurface> subsurface_;
    Proxy<wl_callback> frame_;
};

}  // namespace oriel::wayland
