// SPDX-License-Identifier: MIT
#include "cursor/drawn_cursor.h"

#include <utility>

namespace oriel::wayland {

const wl_callback_listener DrawnCursor::kFrameListener{
    .done =
        [](void* data, wl_callback*, uint32_t) {
            auto& self = *static_cast<DrawnCursor*>(data);
            self.frame_.reset();
            if (self.due_) {
                self.draw();
            }
        },
};

DrawnCursor::DrawnCursor(const Globals& globals, const WindowView& window,
                         DrawnCursorListener& listener)
    : listener_{listener},
      window_{window},
      surface_{globals, *this},
      subsurface_{wl_subcompositor_get_subsurface(globals.get<wl_subcompositor>(), surface_.proxy(),
                                                  window.surface)},
      pacer_{globals.connection(), *this, kCursorLimits} {
    // The pointer goes to the window below.
    const Proxy<wl_region> nothing{wl_compositor_create_region(globals.get<wl_compositor>())};
    wl_surface_set_input_region(surface_.proxy(), nothing.get());
}

void DrawnCursor::show(const WindowView& window, Point hotspot) {
    window_ = window;
    hotspot_ = hotspot;
    due_ = true;
    if (!frame_) {
        pacer_.request();
    }
}

void DrawnCursor::cursor_buffer_free() {
    due_ = true;
    if (!frame_) {
        pacer_.request();
    }
}

bool DrawnCursor::send_paced() {
    if (!due_ || frame_) {
        return false;
    }
    return draw();
}

bool DrawnCursor::draw() {
    due_ = false;
    const bool hide = !window_.cursor || window_.cursor->size.empty() || window_.dark;
    if (hide && std::exchange(hidden_, true)) {
        return false;
    }
    if (hide) {
        surface_.hide();
        frame_.reset();  // nothing that is hidden has frames
    } else {
        const CursorPlacement placed =
            place_cursor(window_.cursor->size, window_.cursor->hotspot, window_.picture,
                         window_.shown.size(), window_.scale);
        if (!surface_.show(window_.cursor, placed, window_.scale)) {
            return false;  // called again when a buffer is free
        }
        hidden_ = false;
        const Point at = to_window(hotspot_, window_.shown, window_.picture, window_.scale);
        wl_subsurface_set_position(subsurface_.get(), at.x - placed.hotspot.x,
                                   at.y - placed.hotspot.y);
        // The picture may have moved to another surface since.
        wl_subsurface_place_above(subsurface_.get(), window_.picture_surface);
        listener_.cursor_drawn(window_.surface, at);
        frame_.reset(wl_surface_frame(surface_.proxy()));
        wl_callback_add_listener(frame_.get(), &kFrameListener, this);
    }
    // Synchronised: image and place change in one step, with the window's commit.
    wl_surface_commit(surface_.proxy());
    wl_surface_commit(window_.surface);
    return true;
}

}  // namespace oriel::wayland
