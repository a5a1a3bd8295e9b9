// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry.h"

namespace oriel::match {

/// Sides and area of the pictures that this room reads; a screen's side ends at the same number,
/// and 8K (7680x4320) fits.
constexpr uint32_t kMaxPictureSide = 16384;
constexpr uint64_t kMaxPicturePixels = uint64_t{32} << 20;

/// Pixels of somebody else's, 4 bytes each in memory order B, G, R, X (DRM_FORMAT_XRGB8888). X is
/// ignored everywhere. `bytes` and `stride` are multiples of 4: pixels are read as 32-bit words.
struct PictureView {
    Size size;                         ///< buffer px, not empty
    uint32_t stride = 0;               ///< bytes from a row to the next
    std::span<const std::byte> bytes;  ///< at least stride * (height - 1) + width * 4

    /// The pixels of row `y`, 0xXXRRGGBB; y < size.height.
    [[nodiscard]] const uint32_t* row(uint32_t y) const {
        // Aligned: see above.
        return static_cast<const uint32_t*>(
            static_cast<const void*>(bytes.data() + size_t{y} * stride));
    }
    /// A part of it: `where` is inside and not empty.
    [[nodiscard]] PictureView part(const Rect& where) const;
};

/// A picture of our own: size.area() pixels 0x00RRGGBB, rows without padding.
struct Picture {
    Size size;
    std::vector<uint32_t> pixels;

    [[nodiscard]] PictureView view() const {
        return {size, size.width * 4, std::as_bytes(std::span{pixels})};
    }
    friend bool operator==(const Picture&, const Picture&) = default;
};

/// A copy, with X as 0.
[[nodiscard]] Picture copy_of(const PictureView& pixels);

/// Paints a rectangle (what of it is inside).
void fill(Picture& picture, const Rect& where, uint32_t colour);

}  // namespace oriel::match
