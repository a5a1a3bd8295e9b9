// SPDX-License-Identifier: MIT
#include "recorder/fitted_picture.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "scanout/linear_pixels.h"

namespace oriel::app::recorder {

Rect FittedPicture::place_of(Size picture) const {
    Size shown = picture;
    if (picture.width > size_.width || picture.height > size_.height) {
        // The side that is the tighter one decides.
        const bool wide =
            uint64_t{picture.width} * size_.height > uint64_t{picture.height} * size_.width;
        const auto part = [](uint32_t side, uint32_t to, uint32_t from) {
            return static_cast<uint32_t>(std::max<uint64_t>(uint64_t{side} * to / from, 1));
        };
        shown = wide ? Size{size_.width, part(picture.height, size_.width, picture.width)}
                     : Size{part(picture.width, size_.height, picture.height), size_.height};
    }
    return {(size_.width - shown.width) / 2, (size_.height - shown.height) / 2, shown.width,
            shown.height};
}

match::PictureView FittedPicture::fit(const match::PictureView& picture) {
    if (picture.size == size_) {
        return picture;
    }
    pixels_.assign(size_.area(), 0);
    const Rect place = place_of(picture.size);
    const size_t stride = size_t{size_.width} * 4;
    std::byte* const to =
        std::as_writable_bytes(std::span{pixels_}).data() + place.y * stride + size_t{place.x} * 4;
    if (place.size() == picture.size) {
        for (uint32_t y = 0; y < place.height; ++y) {
            std::memcpy(to + y * stride, picture.row(y), size_t{place.width} * 4);
        }
    } else {
        scale_linear({picture.bytes.data(), picture.stride, picture.size}, place.size(),
                     Rect::of(place.size()), to, stride);
    }
    return {size_, static_cast<uint32_t>(stride), std::as_bytes(std::span{pixels_})};
}

}  // namespace oriel::app::recorder
