// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/geometry.h"

namespace oriel {

/// Joins the spans of consecutive rows into rectangles while they stay alike: damage of a moving
/// window is one rectangle, not one a row.
///
/// A picture whose every other row has changed would make thousands of rectangles, and a region's
/// cost grows with their square: after kMost of them the last one takes in all that follows.
class SpanCollector {
public:
    /// Pixels [first, end) of rows [y, y + height). Rows come top to bottom: y is never less than
    /// that of the call before.
    void add(uint32_t y, uint32_t first, uint32_t end, uint32_t height = 1) {
        assert(!open_ || y >= open_->y);
        const bool joins = open_ && y == open_->bottom() && overlaps(first, end);
        if (joins || (open_ && count_ >= kMost)) {
            const uint32_t left = std::min(open_->x, first);
            const auto right = static_cast<uint32_t>(std::max<uint64_t>(open_->right(), end));
            open_ = Rect{left, open_->y, right - left, y + height - open_->y};
            return;
        }
        close();
        open_ = Rect{first, y, end - first, height};
        ++count_;
    }

    Region take() {
        close();
        count_ = 0;
        return std::exchange(region_, Region{});
    }

private:
    [[nodiscard]] bool overlaps(uint32_t first, uint32_t end) const {
        return first < open_->right() && end > open_->x;
    }
    void close() {
        if (open_) {
            region_.add(*open_);
            open_.reset();
        }
    }

    static constexpr size_t kMost = 128;
    std::optional<Rect> open_;
    size_t count_ = 0;
    Region region_;
};

}  // namespace oriel
