// SPDX-License-Identifier: MIT
#include "cursor/arrow_cursor.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "core/log.h"

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

ArrowCursor::ArrowCursor(const Globals& globals, wl_pointer* pointer)
    : globals_{globals}, pointer_{pointer} {
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    if (globals.get<wp_cursor_shape_manager_v1>() != nullptr) {
        device_.reset(wp_cursor_shape_manager_v1_get_pointer(
            globals.get<wp_cursor_shape_manager_v1>(), pointer));
    }
#endif
}

wl_cursor_image* ArrowCursor::image(uint32_t buffer_scale) {
    if (!theme_ || theme_scale_ != buffer_scale) {
        surface_.reset();  // it may show an image of the theme before
        theme_.reset(wl_cursor_theme_load(std::getenv("XCURSOR_THEME"),
                                          cursor_size() * static_cast<int>(buffer_scale),
                                          globals_.get<wl_shm>()));
        theme_scale_ = buffer_scale;
    }
    if (!theme_) {
        return nullptr;
    }
    // The name of CSS, and that of X's themes.
    for (const char* name : {"default", "left_ptr"}) {
        const wl_cursor* const cursor = wl_cursor_theme_get_cursor(theme_.get(), name);
        if (cursor != nullptr && cursor->image_count > 0) {
            return cursor->images[0];
        }
    }
    return nullptr;
}

void ArrowCursor::show(uint32_t serial, Scale scale) {
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    if (device_) {
        wp_cursor_shape_device_v1_set_shape(device_.get(), serial,
                                            WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DEFAULT);
        return;
    }
#endif
    const uint32_t buffer_scale = whole_scale(scale);
    wl_cursor_image* const arrow = image(buffer_scale);
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
