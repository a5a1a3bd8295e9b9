// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/geometry.h"

namespace oriel {

/// Where one plane of a picture lies.
struct PlaneLayout {
    uint32_t file = 0;    ///< index into DmabufPixels::files()
    uint32_t offset = 0;  ///< of the first pixel, bytes from the file's start
    uint32_t stride =
        0;  ///< bytes from a row to the next; for tiled modifiers what the driver says
    friend bool operator==(const PlaneLayout&, const PlaneLayout&) = default;
};

/// How pixels lie in a buffer. The formats that virtio-gpu knows have one plane of 4 bytes a pixel.
struct PixelLayout {
    static constexpr size_t kMaxPlanes = 4;

    Size size;              ///< buffer px, not empty, each side at most MemoryBuffer::kMaxSide
    uint32_t fourcc = 0;    ///< DRM_FORMAT_…
    uint64_t modifier = 0;  ///< DRM_FORMAT_MOD_LINEAR unless somebody says otherwise
    std::array<PlaneLayout, kMaxPlanes> planes{};  ///< those from plane_count on mean nothing
    uint32_t plane_count = 1;                      ///< 1 to kMaxPlanes
    bool y_inverted = false;                       ///< the first row in memory is the lowest one
    friend bool operator==(const PixelLayout&, const PixelLayout&) = default;
};

/// PixelLayout::planes of a picture of one plane in one file.
[[nodiscard]] constexpr std::array<PlaneLayout, PixelLayout::kMaxPlanes> one_plane(
    uint32_t offset, uint32_t stride) {
    return {PlaneLayout{.file = 0, .offset = offset, .stride = stride}};
}

}  // namespace oriel
