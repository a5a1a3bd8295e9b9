// SPDX-License-Identifier: MIT
#include "row_diff.h"

#include <algorithm>
#include <cstring>

namespace oriel {
namespace {

constexpr uint32_t kBlockPixels = 16;
// memcmp is at its fastest on long runs: rows are searched 2 KiB at a time, then narrowed down. The
// first block at each end is tried alone, so that rows which differ at once cost next to nothing.
constexpr uint32_t kRun = 512;

bool same(const std::byte* a, const std::byte* b, uint32_t first, uint32_t end) {
    return std::memcmp(a + size_t{first} * 4, b + size_t{first} * 4, size_t{end - first} * 4) == 0;
}

/// The first position in steps of `step` from which [position, position + step) differs.
uint32_t skip_same(const std::byte* a, const std::byte* b, uint32_t first, uint32_t end,
                   uint32_t step) {
    while (first < end && same(a, b, first, std::min(first + step, end))) {
        first = std::min(first + step, end);
    }
    return first;
}

uint32_t skip_same_backward(const std::byte* a, const std::byte* b, uint32_t first, uint32_t end,
                            uint32_t step) {
    while (end > first && same(a, b, end - std::min(step, end - first), end)) {
        end -= std::min(step, end - first);
    }
    return end;
}

}  // namespace

PixelSpan differing_span(const std::byte* a, const std::byte* b, uint32_t width) {
    uint32_t first = 0;
    if (same(a, b, 0, std::min(kBlockPixels, width))) {
        first = skip_same(a, b, std::min(kBlockPixels, width), width, kRun);
        first = skip_same(a, b, first, width, kBlockPixels);
    }
    if (first >= width) {
        return {width, width};
    }
    // A difference is in [first, first + kBlockPixels): the search from the right stops there at
    // the latest.
    const uint32_t least = std::min(first + kBlockPixels, width);
    uint32_t end = width;
    const uint32_t last_block = std::min(kBlockPixels, end - least);
    if (last_block != 0 && same(a, b, end - last_block, end)) {
        end = skip_same_backward(a, b, least, end - last_block, kRun);
        end = skip_same_backward(a, b, least, end, kBlockPixels);
    }
    return {first, end};
}

}  // namespace oriel
