// SPDX-License-Identifier: MIT
#include "scanout/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace oriel {

void LatencyHistogram::add(Nanoseconds duration) {
    constexpr uint64_t kLongest = (uint64_t{1} << kMaxBits) - 1;
    const uint64_t ns = std::min<uint64_t>(
        static_cast<uint64_t>(std::max<Nanoseconds::rep>(duration.count(), 0)), kLongest);
    const auto width = static_cast<unsigned>(std::bit_width(ns));
    const unsigned shift = width > kSubBits + 1 ? width - kSubBits - 1 : 0;
    const size_t bucket = (size_t{shift} << kSubBits) + static_cast<size_t>(ns >> shift);
    ++buckets_[std::min(bucket, kBuckets - 1)];
    ++count_;
}

void LatencyHistogram::add(const LatencyHistogram& other) {
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
        buckets_[bucket] += other.buckets_[bucket];
    }
    count_ += other.count_;
}

Nanoseconds LatencyHistogram::percentile(double fraction) const {
    if (count_ == 0) {
        return Nanoseconds{0};
    }
    const auto rank = static_cast<uint64_t>(
        std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
        seen += buckets_[bucket];
        if (seen >= std::max<uint64_t>(rank, 1)) {
            // Buckets below 2 << kSubBits hold one value each; above, `shift` says how wide.
            constexpr size_t kSub = size_t{1} << kSubBits;
            const size_t shift = bucket < 2 * kSub ? 0 : bucket / kSub - 1;
            const uint64_t low = static_cast<uint64_t>(bucket - shift * kSub) << shift;
            const uint64_t half = shift == 0 ? 0 : uint64_t{1} << (shift - 1);
            return Nanoseconds{static_cast<Nanoseconds::rep>(low + half)};
        }
    }
    return Nanoseconds{0};
}

}  // namespace oriel
