// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-cursor.h>

#include <cstdint>

#include "connection/globals.h"
#include "core/unique_handle.h"

namespace oriel::wayland {

/// The cursor theme's arrow (XCURSOR_THEME, XCURSOR_SIZE), for compositors that don't show one by
/// its name. libwayland-cursor reads all files of a theme, some 280, perhaps from a disk that
/// sleeps: so it is read once, before there are windows, and never again.
class ArrowTheme {
public:
    /// What is lent must outlive this.
    explicit ArrowTheme(const Globals& globals) : globals_{globals} {}
    ArrowTheme(const ArrowTheme&) = delete;
    ArrowTheme& operator=(const ArrowTheme&) = delete;

    /// Reads the theme at the size for outputs of this whole scale, the largest that there is: on
    /// others the compositor makes it smaller. Nothing is read where it isn't needed.
    void load(uint32_t scale);

    /// Null if there is none.
    [[nodiscard]] wl_cursor_image* arrow() const { return arrow_; }
    [[nodiscard]] uint32_t scale() const { return scale_; }

private:
    using Theme = UniqueHandle<wl_cursor_theme, wl_cursor_theme_destroy>;

    const Globals& globals_;
    uint32_t scale_ = 1;
    Theme theme_;
    wl_cursor_image* arrow_ = nullptr;  ///< in theme_
};

}  // namespace oriel::wayland
