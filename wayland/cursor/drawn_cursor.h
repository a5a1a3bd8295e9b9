// SPDX-License-Identifier: MIT
#pragma once

#include "connection/globals.h"
#include "connection/request_pacer.h"
#include "core/geometry.h"
#include "cursor/cursor_surface.h"
#include "seat/input_context.h"

namespace oriel::wayland {

class DrawnCursorListener {
public:
    DrawnCursorListener() = default;
    DrawnCursorListener(const DrawnCursorListener&) = delete;
    DrawnCursorListener& operator=(const DrawnCursorListener&) = delete;

    /// Where the cursor's hot spot is now, logical px in the window that has this surface; the
    /// window's commit follows.
    virtual void cursor_drawn(const wl_surface* surface, Point at) = 0;

protected:
    ~DrawnCursorListener() = default;
};

/// A guest's cursor where the guest has it, on top of its window: for while the host's pointer is
/// locked and can't be that cursor. Drawn at most once for each frame of the compositor.
class DrawnCursor final : private CursorSurfaceListener, private PacedSender {
public:
    /// The subcompositor must be there. `globals`, `listener` and the window's surface are lent and
    /// must outlive this. The window must be mapped.
    DrawnCursor(const Globals& globals, const WindowView& window, DrawnCursorListener& listener);
    DrawnCursor(const DrawnCursor&) = delete;
    DrawnCursor& operator=(const DrawnCursor&) = delete;

    /// `hotspot`: of the cursor, in the picture, buffer px. No image: nothing is drawn.
    void show(const WindowView& window, Point hotspot);

private:
    static const wl_callback_listener kFrameListener;
    /// Whether there was anything to say.
    bool draw();
    void cursor_buffer_free() override;
    bool send_paced() override;

    DrawnCursorListener& listener_;
    WindowView window_;
    Point hotspot_;
    bool hidden_ = true;
    /// What was asked for last is not drawn yet.
    bool due_ = false;
    CursorSurface surface_;
    Proxy<wl_subsurface> subsurface_;
    Proxy<wl_callback> frame_;
    /// While no frame callback is awaited.
    RequestPacer pacer_;
};

}  // namespace oriel::wayland
