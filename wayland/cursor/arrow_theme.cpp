// SPDX-License-Identifier: MIT
#include "cursor/arrow_theme.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace oriel::wayland {
namespace {

constexpr int kDefaultSize = 24;
constexpr int kLargestSize = 512;

/// What desktops set for their clients; logical px.
int cursor_size() {
    const char* const text = std::getenv("XCURSOR_SIZE");
    if (text == nullptr) {
        return kDefaultSize;
    }
    const std::string_view digits{text};
    int size = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return size > 0 && size <= kLargestSize ? size : kDefaultSize;
}

}  // namespace

void ArrowTheme::set_scale(uint32_t scale) {
    scale_ = scale;
    load();
}

void ArrowTheme::pointer_added() {
    if (!has_pointer_) {
        has_pointer_ = true;
        load();
    }
}

void ArrowTheme::load() {
    if (!has_pointer_ || scale_ == 0) {
        return;
    }
    theme_.reset(wl_cursor_theme_load(std::getenv("XCURSOR_THEME"),
                                      cursor_size() * static_cast<int>(scale_),
                                      globals_.get<wl_shm>()));
    if (!theme_) {
        return;
    }
    // The name of CSS, and that of X's themes.
    for (const char* name : {"default", "left_ptr"}) {
        const wl_cursor* const cursor = wl_cursor_theme_get_cursor(theme_.get(), name);
        if (cursor != nullptr && cursor->image_count > 0) {
            arrow_ = cursor->images[0];
            return;
        }
    }
}

}  // namespace oriel::wayland
