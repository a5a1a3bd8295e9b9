// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/geometry.h"

namespace oriel {

/// a + b, each coordinate the nearest int32 where the sum is none: guests say any numbers.
[[nodiscard]] constexpr Point saturating_sum(Point a, Point b) {
    using Limits = std::numeric_limits<int32_t>;
    const auto sum = [](int64_t first, int64_t second) {
        return static_cast<int32_t>(
            std::clamp<int64_t>(first + second, Limits::min(), Limits::max()));
    };
    return {sum(a.x, b.x), sum(a.y, b.y)};
}

}  // namespace oriel
