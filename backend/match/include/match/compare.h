// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/geometry.h"
#include "core/result.h"
#include "match/picture_view.h"

namespace oriel::match {

/// What still counts as equal. The default is: nothing but the same pixels.
struct Tolerance {
    /// The largest difference of a pixel's red, green or blue with which the pixel counts as equal.
    uint8_t channel = 0;
    /// The share of the compared pixels that may differ by more, 0 to 1.
    double share = 0;
};

/// Which pixels are compared.
class Mask {
public:
    /// All pixels of a picture of this size but those in `ignored` (what of them is inside).
    [[nodiscard]] static Mask without(Size size, std::span<const Rect> ignored);
    /// Made of a picture: white pixels are compared, black ones are not. Any other colour is an
    /// error that says where.
    [[nodiscard]] static Result<Mask> from_picture(const PictureView& picture);

    [[nodiscard]] Size size() const { return bits_.size; }
    /// 0x00ffffff where a pixel is compared, 0 where it is not.
    [[nodiscard]] const uint32_t* row(uint32_t y) const {
        return bits_.pixels.data() + size_t{y} * bits_.size.width;
    }
    /// How many pixels are compared.
    [[nodiscard]] uint64_t compared() const { return compared_; }

private:
    explicit Mask(Picture bits);
    Picture bits_;
    uint64_t compared_ = 0;
};

/// What a comparison found.
struct Comparison {
    bool equal = false;  ///< the verdict, with the tolerance
    Size expected;       ///< the sizes; where they differ nothing else was looked at
    Size seen;
    Size mask;               ///< the mask's size; 0x0 without one. Another size: nothing looked at
    uint64_t compared = 0;   ///< pixels
    uint64_t differing = 0;  ///< those that differ by more than the tolerance of a channel
    uint8_t largest = 0;     ///< the largest difference of a channel, of differing pixels
    Rect where;              ///< the smallest rectangle with all that differ; empty if none does
    std::optional<Point> first;  ///< the first that differs, row by row

    /// One line for people: "equal", "1024x768 was expected, 800x600 seen", "12 of 786432 pixels
    /// differ, by up to 255, in 10x2 at 5,7; the first is at 5,7".
    [[nodiscard]] std::string message() const;
};

/// Compares what was expected with what is seen, pixel by pixel. `mask` (null: all pixels are
/// compared) is lent for the call.
[[nodiscard]] Comparison compare(const PictureView& expected, const PictureView& seen,
                                 const Tolerance& tolerance = {}, const Mask* mask = nullptr);

/// A picture of the difference, for people: pixels that differ are red, the brighter the more they
/// differ; all others are what was seen, grey and dark; what the mask leaves out is blue. Its size
/// is the larger of both in each direction, and what only one of them has is red.
[[nodiscard]] Picture difference(const PictureView& expected, const PictureView& seen,
                                 const Tolerance& tolerance = {}, const Mask* mask = nullptr);

}  // namespace oriel::match
