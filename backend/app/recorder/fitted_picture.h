// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/geometry.h"
#include "match/picture_view.h"

namespace oriel::app::recorder {

/// A guest changes its mode, and a video has one size: a picture of another size is in its middle,
/// pixel for pixel where it has room, else as large as fits with its own shape, and black around.
class FittedPicture {
public:
    /// `size` in px, not empty.
    explicit FittedPicture(Size size) : size_{size} {}

    /// A picture of that size, lent until the next call; `picture` itself if it has it.
    [[nodiscard]] match::PictureView fit(const match::PictureView& picture);
    /// Where it is shown.
    [[nodiscard]] Rect place_of(Size picture) const;

private:
    Size size_;
    std::vector<uint32_t> pixels_;
};

}  // namespace oriel::app::recorder
