// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"

namespace oriel::headless {

/// Pixels of somebody else's, 4 bytes each in memory order B, G, R, X (DRM_FORMAT_XRGB8888).
struct PixelView {
    Size size;                         ///< buffer px, not empty
    uint32_t stride = 0;               ///< bytes from a row to the next
    std::span<const std::byte> bytes;  ///< at least stride * (height - 1) + width * 4
};

/// A picture of our own: size.area() pixels 0x00RRGGBB, rows without padding.
struct Image {
    Size size;
    std::vector<uint32_t> pixels;
    friend bool operator==(const Image&, const Image&) = default;
};

/// Writes an 8-bit RGB PNG. A file at `path` is replaced at once by a complete one or not at all;
/// what isn't a file (a pipe, /dev/stdout) is written to. The error names the path and the cause.
[[nodiscard]] Result<void> write_png(const std::string& path, const PixelView& pixels);

/// Reads any PNG; transparency is put on black.
[[nodiscard]] Result<Image> read_png(const std::string& path);

}  // namespace oriel::headless
