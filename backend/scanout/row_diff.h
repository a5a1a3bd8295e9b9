// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace oriel {

/// Pixels [first, end) of a row; empty when first == end.
struct PixelSpan {
    uint32_t first = 0;
    uint32_t end = 0;
    [[nodiscard]] bool empty() const { return first == end; }
    friend bool operator==(const PixelSpan&, const PixelSpan&) = default;
};

/// The smallest span that holds every difference of two rows of `width` pixels of 4 bytes, rounded
/// outward to blocks of 16 pixels (one cache line). Works from both ends, so rows that differ
/// everywhere cost two cache lines each.
[[nodiscard]] PixelSpan differing_span(const std::byte* a, const std::byte* b, uint32_t width);

}  // namespace oriel
