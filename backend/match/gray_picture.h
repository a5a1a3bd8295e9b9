// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"
#include "match/picture_view.h"

namespace oriel::match {

/// A picture of brightness, rows without padding.
struct GrayPicture {
    Size size;
    std::vector<uint8_t> pixels;

    [[nodiscard]] const uint8_t* row(uint32_t y) const {
        return pixels.data() + size_t{y} * size.width;
    }
};

/// The pixels of `where` (inside, not empty), as brightness (ITU-R BT.601) and blurred with the
/// weights 1 2 1 in each direction, as os-autoinst prepares pictures: OpenCV's BGR2GRAY and its
/// GaussianBlur of 3x3, with its rounding. Pixels around `where` go in; at the picture's edge it is
/// mirrored.
[[nodiscard]] GrayPicture blurred_gray(const PictureView& picture, const Rect& where);

}  // namespace oriel::match
