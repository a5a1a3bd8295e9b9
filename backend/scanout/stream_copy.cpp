// SPDX-License-Identifier: MIT
#include "stream_copy.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "scanout/memory_pixels.h"

namespace oriel {

#ifdef __SSE2__

namespace {

constexpr size_t kLine = 64;
// Of one row, before it is the next one's turn. 128 to 512 are alike, whole pages are slower.
constexpr size_t kBlock = 4 * kLine;

using CopyLines = void (*)(std::span<const RowCopy> rows, size_t bytes);

// Both: `to` at a cache line, `bytes` whole cache lines. void*: `from` needs no alignment.

void copy_lines_sse2(std::span<const RowCopy> rows, size_t bytes) {
    for (size_t block = 0; block < bytes; block += kBlock) {
        for (const RowCopy& row : rows) {
            for (size_t at = block; at < std::min(block + kBlock, bytes); at += kLine) {
                const auto* from =
                    static_cast<const __m128i*>(static_cast<const void*>(row.from + at));
                auto* to = static_cast<__m128i*>(static_cast<void*>(row.to + at));
                const __m128i a = _mm_loadu_si128(from);
                const __m128i b = _mm_loadu_si128(from + 1);
                const __m128i c = _mm_loadu_si128(from + 2);
                const __m128i d = _mm_loadu_si128(from + 3);
                _mm_stream_si128(to, a);
                _mm_stream_si128(to + 1, b);
                _mm_stream_si128(to + 2, c);
                _mm_stream_si128(to + 3, d);
            }
        }
    }
}

__attribute__((target("avx"))) void copy_lines_avx(std::span<const RowCopy> rows, size_t bytes) {
    for (size_t block = 0; block < bytes; block += kBlock) {
        for (const RowCopy& row : rows) {
            for (size_t at = block; at < std::min(block + kBlock, bytes); at += kLine) {
                const auto* from =
                    static_cast<const __m256i*>(static_cast<const void*>(row.from + at));
                auto* to = static_cast<__m256i*>(static_cast<void*>(row.to + at));
                const __m256i a = _mm256_loadu_si256(from);
                const __m256i b = _mm256_loadu_si256(from + 1);
                _mm256_stream_si256(to, a);
                _mm256_stream_si256(to + 1, b);
            }
        }
    }
}

/// How far behind a cache line.
size_t misalignment(const std::byte* to) {
    return reinterpret_cast<uintptr_t>(to) % kLine;
}

/// Rows that begin at the same place of a cache line, as those of a picture do.
void copy_alike(std::span<RowCopy> rows, size_t bytes, CopyLines copy_lines) {
    // Streaming stores want alignment, and whole cache lines to be worth it.
    const size_t head = std::min((kLine - misalignment(rows[0].to)) % kLine, bytes);
    const size_t lines = (bytes - head) / kLine * kLine;
    const size_t tail = bytes - head - lines;
    for (RowCopy& row : rows) {
        std::memcpy(row.to, row.from, head);
        row.to += head;
        row.from += head;
        std::memcpy(row.to + lines, row.from + lines, tail);
    }
    copy_lines(rows, lines);
}

void copy(std::span<const RowCopy> rows, size_t bytes, CopyLines copy_lines) {
    assert(rows.size() <= RowSource::kAtOnce);
    std::array<RowCopy, RowSource::kAtOnce> own;
    std::copy(rows.begin(), rows.end(), own.begin());
    const std::span all{own.data(), rows.size()};
    for (size_t first = 0, end = 0; first < all.size(); first = end) {
        do {
            ++end;
        } while (end < all.size() && misalignment(all[end].to) == misalignment(all[first].to));
        copy_alike(all.subspan(first, end - first), bytes, copy_lines);
    }
}

}  // namespace

void stream_rows(std::span<const RowCopy> rows, size_t bytes) {
    static const CopyLines best =
        __builtin_cpu_supports("avx") != 0 ? copy_lines_avx : copy_lines_sse2;
    copy(rows, bytes, best);
}

void stream_rows_without_avx(std::span<const RowCopy> rows, size_t bytes) {
    copy(rows, bytes, copy_lines_sse2);
}

void stream_fence() {
    _mm_sfence();
}

#else

void stream_rows(std::span<const RowCopy> rows, size_t bytes) {
    for (const RowCopy& row : rows) {
        std::memcpy(row.to, row.from, bytes);
    }
}

void stream_rows_without_avx(std::span<const RowCopy> rows, size_t bytes) {
    stream_rows(rows, bytes);
}

void stream_fence() {}

#endif

}  // namespace oriel
