// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"

namespace oriel::match {

/// Sums over any rectangle of a picture of small numbers, four look-ups each (a summed-area table).
/// Sums are right modulo what a Sum holds.
template <class Sum = uint32_t>
class WindowSums {
public:
    /// `value(x, y)` is called once for each pixel.
    template <class Value>
    WindowSums(Size size, Value&& value)
        : stride_{size_t{size.width} + 1}, sums_(stride_ * (size_t{size.height} + 1)) {
        for (uint32_t y = 0; y < size.height; ++y) {
            const Sum* above = sums_.data() + y * stride_;
            Sum* here = sums_.data() + (y + 1) * stride_;
            Sum sum = 0;
            for (uint32_t x = 0; x < size.width; ++x) {
                sum += value(x, y);
                here[x + 1] = above[x + 1] + sum;
            }
        }
    }

    [[nodiscard]] Sum sum(uint32_t x, uint32_t y, Size size) const {
        const Sum* top = sums_.data() + y * stride_ + x;
        const Sum* bottom = top + size.height * stride_;
        return bottom[size.width] - bottom[0] - top[size.width] + top[0];
    }

private:
    size_t stride_;
    std::vector<Sum> sums_;
};

/// An object cut into equal blocks, and the sum of each: what is left over at the right and at the
/// bottom belongs to none.
class BlockSums {
public:
    /// `object` is of `size`; the blocks are not empty and not larger.
    BlockSums(const WindowSums<>& object, Size size, Size block) : block_{block} {
        columns_ = size.width / block.width;
        rows_ = size.height / block.height;
        sums_.reserve(size_t{columns_} * rows_);
        for (uint32_t row = 0; row < rows_; ++row) {
            for (uint32_t column = 0; column < columns_; ++column) {
                sums_.push_back(object.sum(column * block.width, row * block.height, block));
            }
        }
    }

    [[nodiscard]] uint64_t pixels() const { return block_.area(); }

    /// Calls `block(int64_t difference)` with what each block's sum is less or more in a scene at
    /// (x, y), until that returns false.
    template <class Block>
    void each(const WindowSums<>& scene, uint32_t x, uint32_t y, Block&& block) const {
        const uint32_t* expected = sums_.data();
        for (uint32_t row = 0; row < rows_; ++row) {
            for (uint32_t column = 0; column < columns_; ++column) {
                const uint32_t sum =
                    scene.sum(x + column * block_.width, y + row * block_.height, block_);
                if (!block(int64_t{sum} - *expected++)) {
                    return;
                }
            }
        }
    }

private:
    Size block_;
    uint32_t columns_ = 0;
    uint32_t rows_ = 0;
    std::vector<uint32_t> sums_;
};

}  // namespace oriel::match
