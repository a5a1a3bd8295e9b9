// SPDX-License-Identifier: MIT
#include "cursor/arrow_cursor.h"

#include "core/log.h"

namespace oriel::wayland {

ArrowCursor::ArrowCursor(const Globals& globals, ArrowTheme& theme, wl_pointer* pointer)
    : globals_{globals}, theme_{theme}, pointer_{pointer} {
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    if (globals.get<wp_cursor_shape_manager_v1>() != nullptr) {
        device_.reset(wp_cursor_shape_manager_v1_get_pointer(
            globals.get<wp_cursor_shape_manager_v1>(), pointer));
        return;
    }
#endif
    theme.pointer_added();
}

void ArrowCursor::show(uint32_t serial) {
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    if (device_) {
        wp_cursor_shape_device_v1_set_shape(device_.get(), serial,
                                            WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DEFAULT);
        return;
    }
#endif
    const uint32_t buffer_scale = theme_.scale();
    wl_cursor_image* const arrow = theme_.arrow();
    wl_buffer* const buffer = arrow != nullptr ? wl_cursor_image_get_buffer(arrow) : nullptr;
    if (buffer == nullptr) {
        log_debug("wayland", "no cursor theme: no arrow beside the picture");
        wl_pointer_set_cursor(pointer_, serial, nullptr, 0, 0);
        return;
    }
    if (!surface_) {
        surface_.reset(wl_compositor_create_surface(globals_.get<wl_compositor>()));
    }
    const auto divisor = static_cast<int32_t>(buffer_scale);
    // Themes have the sizes they have: a buffer whose sides aren't multiples of its scale is an
    // error.
    const bool divisible = arrow->width % buffer_scale == 0 && arrow->height % buffer_scale == 0;
    const int32_t used = divisible ? divisor : 1;
    wl_surface_set_buffer_scale(surface_.get(), used);
    wl_surface_attach(surface_.get(), buffer, 0, 0);
    wl_surface_damage_buffer(surface_.get(), 0, 0, INT32_MAX, INT32_MAX);
    wl_surface_commit(surface_.get());
    wl_pointer_set_cursor(pointer_, serial, surface_.get(),
                          static_cast<int32_t>(arrow->hotspot_x) / used,
                          static_cast<int32_t>(arrow->hotspot_y) / used);
}

}  // namespace oriel::wayland
