// SPDX-License-Identifier: MIT
#include "resources/pixel_format.h"

#include <drm_fourcc.h>

#include <bit>
#include <cstring>

namespace oriel::gpu {
namespace {

// The specification names formats by memory order, DRM by the order in a little-endian word. The
// three conversions as word operations, which compilers turn into vector shuffles.

/// Memory A, R, G, B.
uint32_t from_argb(uint32_t pixel) {
    return __builtin_bswap32(pixel);
}

/// Memory R, G, B, A.
uint32_t from_rgba(uint32_t pixel) {
    return (pixel & 0xff00ff00U) | (pixel & 0x000000ffU) << 16 | (pixel >> 16 & 0x000000ffU);
}

/// Memory A, B, G, R.
uint32_t from_abgr(uint32_t pixel) {
    return std::rotr(pixel, 8);
}

template <uint32_t (*Convert)(uint32_t)>
void convert_all(const std::byte* from, std::byte* to, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        uint32_t pixel;
        std::memcpy(&pixel, from + i * sizeof pixel, sizeof pixel);
        pixel = Convert(pixel);
        std::memcpy(to + i * sizeof pixel, &pixel, sizeof pixel);
    }
}

}  // namespace

uint32_t drm_format(wire::Format format) {
    switch (format) {
        case wire::Format::kB8G8R8A8:
            return DRM_FORMAT_ARGB8888;
        case wire::Format::kB8G8R8X8:
            return DRM_FORMAT_XRGB8888;
        case wire::Format::kA8R8G8B8:
            return DRM_FORMAT_BGRA8888;
        case wire::Format::kX8R8G8B8:
            return DRM_FORMAT_BGRX8888;
        case wire::Format::kR8G8B8A8:
            return DRM_FORMAT_ABGR8888;
        case wire::Format::kX8B8G8R8:
            return DRM_FORMAT_RGBX8888;
        case wire::Format::kA8B8G8R8:
            return DRM_FORMAT_RGBA8888;
        case wire::Format::kR8G8B8X8:
            return DRM_FORMAT_XBGR8888;
    }
    return DRM_FORMAT_INVALID;
}

bool is_native(wire::Format format) {
    return format == wire::Format::kB8G8R8A8 || format == wire::Format::kB8G8R8X8;
}

void convert_to_native(wire::Format format, const std::byte* from, std::byte* to, size_t count) {
    switch (format) {
        case wire::Format::kB8G8R8A8:
        case wire::Format::kB8G8R8X8:
            std::memmove(to, from, count * sizeof(uint32_t));
            return;
        case wire::Format::kA8R8G8B8:
        case wire::Format::kX8R8G8B8:
            convert_all<from_argb>(from, to, count);
            return;
        case wire::Format::kR8G8B8A8:
        case wire::Format::kR8G8B8X8:
            convert_all<from_rgba>(from, to, count);
            return;
        case wire::Format::kA8B8G8R8:
        case wire::Format::kX8B8G8R8:
            convert_all<from_abgr>(from, to, count);
            return;
    }
}

}  // namespace oriel::gpu
