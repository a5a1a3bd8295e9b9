// SPDX-License-Identifier: MIT
#include "scanout/pixel_formats.h"

#include <drm_fourcc.h>
#include <pixman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace oriel {
namespace {

struct Row {
    uint32_t pixman;
    PixelFormat format;
};

// pixman names formats by the bits of a little-endian word, as DRM does.
constexpr std::array kFormats{
    Row{PIXMAN_x8r8g8b8, {.fourcc = DRM_FORMAT_XRGB8888}},
    Row{PIXMAN_a8r8g8b8, {.fourcc = DRM_FORMAT_ARGB8888}},
    Row{PIXMAN_x8b8g8r8, {.fourcc = DRM_FORMAT_XBGR8888, .rotate = 8, .reversed = true}},
    Row{PIXMAN_a8b8g8r8, {.fourcc = DRM_FORMAT_ABGR8888, .rotate = 8, .reversed = true}},
    Row{PIXMAN_b8g8r8x8, {.fourcc = DRM_FORMAT_BGRX8888, .reversed = true}},
    Row{PIXMAN_b8g8r8a8, {.fourcc = DRM_FORMAT_BGRA8888, .reversed = true}},
    Row{PIXMAN_r8g8b8x8, {.fourcc = DRM_FORMAT_RGBX8888, .rotate = 8}},
    Row{PIXMAN_r8g8b8a8, {.fourcc = DRM_FORMAT_RGBA8888, .rotate = 8}},
};

}  // namespace

std::optional<PixelFormat> pixel_format(uint32_t pixman) {
    const auto* const found = std::find_if(kFormats.begin(), kFormats.end(),
                                           [&](const Row& row) { return row.pixman == pixman; });
    return found == kFormats.end() ? std::nullopt : std::optional{found->format};
}

std::optional<PixelFormat> pixel_format_of(uint32_t fourcc) {
    const auto* const found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Row& row) {
        return row.format.fourcc == fourcc;
    });
    return found == kFormats.end() ? std::nullopt : std::optional{found->format};
}

void convert_pixels(const PixelFormat& format, const std::byte* from, std::byte* to, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        uint32_t pixel;
        std::memcpy(&pixel, from + i * sizeof pixel, sizeof pixel);
        pixel = format.reversed ? __builtin_bswap32(pixel) : pixel;
        pixel = std::rotr(pixel, static_cast<int>(format.rotate));
        std::memcpy(to + i * sizeof pixel, &pixel, sizeof pixel);
    }
}

}  // namespace oriel
