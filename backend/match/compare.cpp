// SPDX-License-Identifier: MIT
#include "match/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "pixel_difference.h"

namespace oriel::match {
namespace {

/// Collects what differs, pixel by pixel.
class DifferenceCount {
public:
    explicit DifferenceCount(uint8_t tolerance) : tolerance_{tolerance} {}

    /// The pixels [x, end) of row y.
    void row_part(const uint32_t* a, const uint32_t* b, const uint32_t* mask, uint32_t x,
                  uint32_t end, uint32_t y) {
        uint64_t found = 0;
        uint8_t largest = largest_;
        uint32_t last = 0;
        uint32_t first = end;
        for (; x < end; ++x) {
            const uint8_t far = channel_difference(a[x] & mask[x], b[x] & mask[x]);
            if (far > tolerance_) {
                ++found;
                largest = std::max(largest, far);
                first = std::min(first, x);
                last = x;
            }
        }
        if (found == 0) {
            return;
        }
        if (differing_ == 0) {
            first_ = {static_cast<int32_t>(first), static_cast<int32_t>(y)};
            top_ = y;
            left_ = first;
        }
        differing_ += found;
        largest_ = largest;
        left_ = std::min(left_, first);
        right_ = std::max(right_, last + 1);
        bottom_ = y + 1;
    }

    void write(Comparison& result) const {
        result.differing = differing_;
        result.largest = largest_;
        if (differing_ > 0) {
            result.first = first_;
            result.where = {left_, top_, right_ - left_, bottom_ - top_};
        }
    }

private:
    uint8_t tolerance_;
    uint8_t largest_ = 0;
    uint64_t differing_ = 0;
    Point first_;
    uint32_t left_ = 0;
    uint32_t top_ = 0;
    uint32_t right_ = 0;
    uint32_t bottom_ = 0;
};

void compare_rows(const PictureView& expected, const PictureView& seen, uint8_t tolerance,
                  const Mask* mask, DifferenceCount& count) {
    const uint32_t width = expected.size.width;
    const std::vector<uint32_t> whole_row(mask == nullptr ? width : 0, 0x00ffffff);
    for (uint32_t y = 0; y < expected.size.height; ++y) {
        const uint32_t* a = expected.row(y);
        const uint32_t* b = seen.row(y);
        if (mask == nullptr && std::memcmp(a, b, size_t{width} * 4) == 0) {
            continue;
        }
        const uint32_t* looked_at = mask != nullptr ? mask->row(y) : whole_row.data();
        uint32_t x = 0;
        for (; x + kBlock <= width; x += kBlock) {
            const bool equal = tolerance == 0 ? same_block(a + x, b + x, looked_at + x)
                                              : near_block(a + x, b + x, looked_at + x, tolerance);
            if (!equal) {
                count.row_part(a, b, looked_at, x, x + kBlock, y);
            }
        }
        count.row_part(a, b, looked_at, x, width, y);
    }
}

}  // namespace

Comparison compare(const PictureView& expected, const PictureView& seen, const Tolerance& tolerance,
                   const Mask* mask) {
    Comparison result{.expected = expected.size, .seen = seen.size};
    if (mask != nullptr) {
        result.mask = mask->size();
    }
    if (expected.size != seen.size || (mask != nullptr && mask->size() != seen.size)) {
        return result;
    }
    result.compared = mask != nullptr ? mask->compared() : expected.size.area();
    DifferenceCount count{tolerance.channel};
    compare_rows(expected, seen, tolerance.channel, mask, count);
    count.write(result);
    result.equal = static_cast<double>(result.differing) <=
                   tolerance.share * static_cast<double>(result.compared);
    return result;
}

std::string Comparison::message() const {
    if (expected != seen) {
        return fmt::format("{}x{} was expected, {}x{} is seen", expected.width, expected.height,
                           seen.width, seen.height);
    }
    if (!mask.empty() && mask != seen) {
        return fmt::format("the mask is {}x{}, the picture {}x{}", mask.width, mask.height,
                           seen.width, seen.height);
    }
    if (differing == 0) {
        return "equal";
    }
    return fmt::format(
        "{} of {} pixels differ, by up to {}, in {}x{} at {},{}; the first is at "
        "{},{}",
        differing, compared, largest, where.width, where.height, where.x, where.y, first->x,
        first->y);
}

}  // namespace oriel::match
