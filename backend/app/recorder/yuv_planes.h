// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "match/picture_view.h"

namespace oriel::app::recorder {

/// A picture as video streams have it: BT.709, limited range (Y 16 to 235, Cb and Cr 16 to 240),
/// 8 bits, a Cb and a Cr for each pixel (4:4:4), so that coloured text stays as sharp as it is.
class YuvPlanes {
public:
    /// `size` in px, not empty; black.
    explicit YuvPlanes(Size size);

    /// `picture` has that size.
    void convert(const match::PictureView& picture);
    /// Y, then Cb, then Cr, rows without padding.
    [[nodiscard]] std::span<const uint8_t> bytes() const { return bytes_; }

private:
    Size size_;
    std::vector<uint8_t> bytes_;
};

}  // namespace oriel::app::recorder
