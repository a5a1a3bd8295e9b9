// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-cursor.h>

#include <cstdint>

#include "connection/globals.h"
#include "core/unique_handle.h"
#include "surface/scale.h"

namespace oriel::wayland {

/// The desktop's arrow on a pointer: by its name (wp_cursor_shape_v1), or else the image that the
/// cursor theme has (XCURSOR_THEME, XCURSOR_SIZE).
class ArrowCursor {
public:
    /// All is lent and must outlive this.
    ArrowCursor(const Globals& globals, wl_pointer* pointer);
    ArrowCursor(const ArrowCursor&) = delete;
    ArrowCursor& operator=(const ArrowCursor&) = delete;

    /// `serial`: of the pointer's enter. `scale`: of the window, for the image's size.
    void show(uint32_t serial, Scale scale);

private:
    using Theme = UniqueHandle<wl_cursor_theme, wl_cursor_theme_destroy>;

    [[nodiscard]] wl_cursor_image* image(uint32_t buffer_scale);

    const Globals& globals_;
    wl_pointer* pointer_;
    uint32_t theme_scale_ = 0;
    /// Its buffers are what surface_ shows.
    Theme theme_;
    Proxy<wl_surface> surface_;
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    Proxy<wp_cursor_shape_device_v1> device_;
#endif
};

}  // namespace oriel::wayland
