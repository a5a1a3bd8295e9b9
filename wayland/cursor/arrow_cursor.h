// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/globals.h"
#include "cursor/arrow_theme.h"

namespace oriel::wayland {

/// The desktop's arrow on a pointer: by its name (wp_cursor_shape_v1), or else the image that the
/// cursor theme has.
class ArrowCursor {
public:
    /// All is lent and must outlive this.
    ArrowCursor(const Globals& globals, ArrowTheme& theme, wl_pointer* pointer);
    ArrowCursor(const ArrowCursor&) = delete;
    ArrowCursor& operator=(const ArrowCursor&) = delete;

    /// `serial`: of the pointer's enter.
    void show(uint32_t serial);

private:
    const Globals& globals_;
    /// Its buffers are what surface_ shows.
    const ArrowTheme& theme_;
    wl_pointer* pointer_;
    Proxy<wl_surface> surface_;
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    Proxy<wp_cursor_shape_device_v1> device_;
#endif
};

}  // namespace oriel::wayland
