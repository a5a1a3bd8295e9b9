// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-cursor.h>

#include <cstdint>

#include "connection/globals.h"
#include "core/unique_handle.h"

namespace oriel::wayland {

/// The cursor theme's arrow (XCURSOR_THEME, XCURSOR_SIZE), for compositors that don't show one by
/// its name. libwayland-cursor reads all files of a theme, some 280, perhaps from a disk that
/// sleeps: so it is read once, before there are windows, and never again. It also keeps them all,
/// 0.7 MiB: where there is no pointer, as on a panel, it is read when one is plugged in.
class ArrowTheme {
public:
    /// What is lent must outlive this.
    explicit ArrowTheme(const Globals& globals) : globals_{globals} {}
    ArrowTheme(const ArrowTheme&) = delete;
    ArrowTheme& operator=(const ArrowTheme&) = delete;

    /// The outputs are known, and this is the largest whole scale that there is: the theme is read
    /// at that size, and on other outputs the compositor makes the arrow smaller.
    void set_scale(uint32_t scale);
    /// There is a pointer that is to show the arrow.
    void pointer_added();

    /// Null if there is none.
    [[nodiscard]] wl_cursor_image* arrow() const { return arrow_; }
    [[nodiscard]] uint32_t scale() const { return scale_; }

private:
    using Theme = UniqueHandle<wl_cursor_theme, wl_cursor_theme_destroy>;

    void load();

    const Globals& globals_;
    uint32_t scale_ = 0;  ///< 0: not known yet
    bool has_pointer_ = false;
    Theme theme_;
    wl_cursor_image* arrow_ = nullptr;  ///< in theme_
};

}  // namespace oriel::wayland
