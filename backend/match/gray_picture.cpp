// SPDX-License-Identifier: MIT
#include "gray_picture.h"

#include <array>

namespace oriel::match {
namespace {

/// Brightness in 15 bits of fraction, rounded.
uint8_t brightness(uint32_t pixel) {
    return static_cast<uint8_t>(((pixel & 0xff) * 3735 + (pixel >> 8 & 0xff) * 19235 +
                                 (pixel >> 16 & 0xff) * 9798 + (1 << 14)) >>
                                15);
}

/// Pixel -1 is pixel 1, and `size` is `size` - 2.
uint32_t mirrored(int64_t at, uint32_t size) {
    if (size == 1) {
        return 0;
    }
    if (at < 0) {
        return static_cast<uint32_t>(-at);
    }
    return static_cast<uint32_t>(at < size ? at : 2 * int64_t{size} - 2 - at);
}

/// A row's brightness, blurred along the row: four times as large.
void blur_row(const PictureView& picture, const Rect& where, uint32_t y, std::vector<uint8_t>& gray,
              std::vector<uint16_t>& blurred) {
    const uint32_t* row = picture.row(y);
    gray.front() = brightness(row[mirrored(int64_t{where.x} - 1, picture.size.width)]);
    gray.back() =
        brightness(row[mirrored(static_cast<int64_t>(where.right()), picture.size.width)]);
    for (uint32_t x = 0; x < where.width; ++x) {
        gray[x + 1] = brightness(row[where.x + x]);
    }
    for (uint32_t x = 0; x < where.width; ++x) {
        blurred[x] = static_cast<uint16_t>(gray[x] + 2 * gray[x + 1] + gray[x + 2]);
    }
}

/// A sixteenth, rounded. OpenCV computes four pixels at once and rounds a half to even there; what
/// is left of a row, and a whole picture, is rounded up.
uint8_t sixteenth(uint32_t sum, bool half_to_even) {
    const uint32_t odd = sum >> 4 & 1;
    return static_cast<uint8_t>((sum + (half_to_even ? 7 + odd : 8)) >> 4);
}

}  // namespace

GrayPicture blurred_gray(const PictureView& picture, const Rect& where) {
    GrayPicture result{where.size(), std::vector<uint8_t>(where.size().area())};
    std::vector<uint8_t> gray(size_t{where.width} + 2);
    std::array<std::vector<uint16_t>, 3> rows;
    rows.fill(std::vector<uint16_t>(where.width));
    const auto prepare = [&](int64_t y) {
        blur_row(picture, where, mirrored(y, picture.size.height), gray,
                 rows[static_cast<size_t>(y + 1 - where.y) % 3]);
    };
    prepare(int64_t{where.y} - 1);
    prepare(where.y);
    const bool whole = where.size().area() * 2 >= picture.size.area();
    const uint32_t together = whole ? 0 : where.width / 4 * 4;
    uint8_t* to = result.pixels.data();
    for (uint32_t y = 0; y < where.height; ++y) {
        prepare(int64_t{where.y} + y + 1);
        const uint16_t* above = rows[y % 3].data();
        const uint16_t* here = rows[(y + 1) % 3].data();
        const uint16_t* below = rows[(y + 2) % 3].data();
        for (uint32_t x = 0; x < where.width; ++x) {
            const auto sum = static_cast<uint32_t>(above[x] + 2 * here[x] + below[x]);
            *to++ = sixteenth(sum, x < together);
        }
    }
    return result;
}

}  // namespace oriel::match
