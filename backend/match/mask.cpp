// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "match/compare.h"

namespace oriel::match {
namespace {

constexpr uint32_t kCompared = 0x00ffffff;

}  // namespace

Mask::Mask(Picture bits) : bits_{std::move(bits)} {
    compared_ =
        static_cast<uint64_t>(std::count(bits_.pixels.begin(), bits_.pixels.end(), kCompared));
}

Mask Mask::without(Size size, std::span<const Rect> ignored) {
    Picture bits{size, std::vector<uint32_t>(size.area(), kCompared)};
    for (const Rect& rect : ignored) {
        fill(bits, rect, 0);
    }
    return Mask{std::move(bits)};
}

Result<Mask> Mask::from_picture(const PictureView& picture) {
    Picture bits = copy_of(picture);
    for (size_t i = 0; i < bits.pixels.size(); ++i) {
        if (bits.pixels[i] != 0 && bits.pixels[i] != kCompared) {
            return host_error("a mask is black and white, and its pixel at {},{} is #{:06x}",
                              i % bits.size.width, i / bits.size.width, bits.pixels[i]);
        }
    }
    return Mask{std::move(bits)};
}

}  // namespace oriel::match
