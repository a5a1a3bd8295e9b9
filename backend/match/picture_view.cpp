// SPDX-License-Identifier: MIT
#include "match/picture_view.h"

#include <algorithm>
#include <cassert>

namespace oriel::match {

PictureView PictureView::part(const Rect& where) const {
    assert(!where.empty() && where.inside(size));
    return {where.size(), stride, bytes.subspan(size_t{where.y} * stride + size_t{where.x} * 4)};
}

Picture copy_of(const PictureView& pixels) {
    Picture copy{pixels.size, std::vector<uint32_t>(pixels.size.area())};
    uint32_t* to = copy.pixels.data();
    for (uint32_t y = 0; y < pixels.size.height; ++y) {
        const uint32_t* from = pixels.row(y);
        for (uint32_t x = 0; x < pixels.size.width; ++x) {
            *to++ = from[x] & 0x00ffffff;
        }
    }
    return copy;
}

void fill(Picture& picture, const Rect& where, uint32_t colour) {
    const Rect inside = intersection(where, Rect::of(picture.size));
    for (uint64_t y = inside.y; y < inside.bottom(); ++y) {
        const auto row =
            picture.pixels.begin() + static_cast<std::ptrdiff_t>(y * picture.size.width + inside.x);
        std::fill_n(row, inside.width, colour);
    }
}

}  // namespace oriel::match
