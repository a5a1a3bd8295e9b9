// SPDX-License-Identifier: MIT
#include <algorithm>

#include "match/compare.h"
#include "pixel_difference.h"

namespace oriel::match {
namespace {

constexpr uint32_t kOnlyInOne = 0x00ff0000;
constexpr uint32_t kLeftOut = 0x00000060;

/// What was seen, grey and dark, so that red stands out.
uint32_t backdrop(uint32_t pixel) {
    const uint32_t light =
        ((pixel >> 16 & 0xff) * 2 + (pixel >> 8 & 0xff) * 5 + (pixel & 0xff)) / 8 / 3;
    return light << 16 | light << 8 | light;
}

/// Red, and never too dark to be seen.
uint32_t red(uint8_t far) {
    return (128 + uint32_t{far} / 2) << 16;
}

}  // namespace

Picture difference(const PictureView& expected, const PictureView& seen, const Tolerance& tolerance,
                   const Mask* mask) {
    const Size size{std::max(expected.size.width, seen.size.width),
                    std::max(expected.size.height, seen.size.height)};
    const bool masked = mask != nullptr && mask->size() == size;
    Picture picture{size, std::vector<uint32_t>(size.area(), kOnlyInOne)};
    const Size both{std::min(expected.size.width, seen.size.width),
                    std::min(expected.size.height, seen.size.height)};
    for (uint32_t y = 0; y < both.height; ++y) {
        const uint32_t* a = expected.row(y);
        const uint32_t* b = seen.row(y);
        uint32_t* to = picture.pixels.data() + size_t{y} * size.width;
        for (uint32_t x = 0; x < both.width; ++x) {
            const uint8_t far = channel_difference(a[x], b[x]);
            if (masked && mask->row(y)[x] == 0) {
                to[x] = kLeftOut;
            } else {
                to[x] = far > tolerance.channel ? red(far) : backdrop(b[x]);
            }
        }
    }
    return picture;
}

}  // namespace oriel::match
