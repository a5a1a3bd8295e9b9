// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "core/clock.h"

namespace oriel {

/// Percentiles of durations in constant space: buckets of a sixteenth of a power of two, so a
/// percentile is right within 7 %.
class LatencyHistogram {
public:
    void add(Nanoseconds duration);
    /// All samples of another one.
    void add(const LatencyHistogram& other);
    [[nodiscard]] uint64_t count() const { return count_; }
    /// The duration below which `fraction` (0 to 1) of the samples lie; 0 without samples.
    [[nodiscard]] Nanoseconds percentile(double fraction) const;

private:
    static constexpr unsigned kSubBits = 4;
    // 2^40 ns are 18 minutes: whatever takes longer counts as that.
    static constexpr unsigned kMaxBits = 40;
    static constexpr size_t kBuckets = (kMaxBits - kSubBits + 1) << kSubBits;

    std::array<uint32_t, kBuckets> buckets_{};
    uint64_t count_ = 0;
};

}  // namespace oriel
