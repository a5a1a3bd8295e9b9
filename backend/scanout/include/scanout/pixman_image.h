// SPDX-License-Identifier: MIT
#pragma once

#include <pixman.h>

#include <cstddef>

#include "core/geometry.h"
#include "core/unique_handle.h"

namespace oriel {

inline void unref_pixman_image(pixman_image_t* image) {
    pixman_image_unref(image);
}
using PixmanImage = UniqueHandle<pixman_image_t, unref_pixman_image>;

/// Pixels of DRM_FORMAT_ARGB8888 (`alpha`) or XRGB8888, as pixman sees them. They are lent; pixman
/// takes no const, and only reads what is only a source. `stride` in bytes. Null: there is no
/// memory for it.
[[nodiscard]] inline PixmanImage pixman_image_of(const std::byte* first, size_t stride, Size size,
                                                 bool alpha) {
    auto* const bits = reinterpret_cast<uint32_t*>(const_cast<std::byte*>(first));
    return PixmanImage{pixman_image_create_bits_no_clear(
        alpha ? PIXMAN_a8r8g8b8 : PIXMAN_x8r8g8b8, static_cast<int>(size.width),
        static_cast<int>(size.height), bits, static_cast<int>(stride))};
}

}  // namespace oriel
