// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace oriel {

struct RowCopy {
    std::byte* to = nullptr;
    const std::byte* from = nullptr;
};

/// Copies rows of `bytes` each like memcpy, past the caches: for pictures that are larger than
/// them, of which nobody reads a byte again soon. Saves reading what is overwritten, a third of the
/// memory traffic. A few rows go side by side, each in other pages: the CPU then waits for several
/// at once (a frame in three quarters of the time, tests/bench). Call stream_fence() after the last
/// one and before anybody is told of the pixels.
void stream_rows(std::span<const RowCopy> rows, size_t bytes);
void stream_fence();

/// For tests: as on a CPU without AVX.
void stream_rows_without_avx(std::span<const RowCopy> rows, size_t bytes);

}  // namespace oriel
