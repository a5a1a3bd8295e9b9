// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace oriel::match {

/// The largest difference of two pixels' red, green or blue.
[[nodiscard]] inline uint8_t channel_difference(uint32_t a, uint32_t b) {
    const auto one = [a, b](unsigned shift) {
        return std::abs(static_cast<int>(a >> shift & 0xff) - static_cast<int>(b >> shift & 0xff));
    };
    return static_cast<uint8_t>(std::max({one(0), one(8), one(16)}));
}

/// Pixels that are looked at together: a loop over so many becomes a few vector instructions.
constexpr uint32_t kBlock = 16;

/// Whether a block has the same pixels where `mask` says so. X is never looked at.
[[nodiscard]] inline bool same_block(const uint32_t* a, const uint32_t* b, const uint32_t* mask) {
    uint32_t differs = 0;
    for (uint32_t i = 0; i < kBlock; ++i) {
        differs |= (a[i] ^ b[i]) & mask[i];
    }
    return differs == 0;
}

/// The same with a difference of up to `tolerance` in each channel.
[[nodiscard]] inline bool near_block(const uint32_t* a, const uint32_t* b, const uint32_t* mask,
                                     uint8_t tolerance) {
    const auto* left = reinterpret_cast<const uint8_t*>(a);
    const auto* right = reinterpret_cast<const uint8_t*>(b);
    const auto* looked_at = reinterpret_cast<const uint8_t*>(mask);
    uint8_t worst = 0;
    for (uint32_t i = 0; i < kBlock * 4; ++i) {
        const uint8_t high = std::max(left[i], right[i]);
        const uint8_t low = std::min(left[i], right[i]);
        worst = std::max(worst, static_cast<uint8_t>((high - low) & looked_at[i]));
    }
    return worst <= tolerance;
}

}  // namespace oriel::match
