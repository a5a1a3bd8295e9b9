// SPDX-License-Identifier: MIT
#include "stream_copy.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace oriel {

#ifdef __SSE2__

namespace {

constexpr size_t kLine = 64;
// Bytes of one row that are copied before the next row's turn. 128 to 512 are alike, whole pages
// are slower.
constexpr size_t kBlock = 4 * kLine;

/// Bytes [begin, end) of each row.
using CopyBlock = void (*)(std::span<const RowCopy> rows, size_t begin, size_t end);

// Both: `to` at a cache line there, whole cache lines. void*: `from` needs no alignment. Two
// functions, because no template or lambda gets its target from its caller.

void copy_block_sse2(std::span<const RowCopy> rows, size_t begin, size_t end) {
    for (const RowCopy& row : rows) {
        for (size_t at = begin; at < end; at += kLine) {
            const auto* from = static_cast<const __m128i*>(static_cast<const void*>(row.from + at));
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

__attribute__((target("avx"))) void copy_block_avx(std::span<const RowCopy> rows, size_t begin,
                                                   size_t end) {
    for (const RowCopy& row : rows) {
        for (size_t at = begin; at < end; at += kLine) {
            const auto* from = static_cast<const __m256i*>(static_cast<const void*>(row.from + at));
            auto* to = static_cast<__m256i*>(static_cast<void*>(row.to + at));
            const __m256i a = _mm256_loadu_si256(from);
            const __m256i b = _mm256_loadu_si256(from + 1);
            _mm256_stream_si256(to, a);
            _mm256_stream_si256(to + 1, b);
        }
    }
}

/// How far behind a cache line.
size_t misalignment(const RowCopy& row) {
    return reinterpret_cast<uintptr_t>(row.to) % kLine;
}

/// Rows that begin at the same place of a cache line.
void copy_alike(std::span<const RowCopy> rows, size_t bytes, CopyBlock copy_block) {
    // Streaming stores want alignment, and whole cache lines to be worth it.
    const size_t head = std::min((kLine - misalignment(rows[0])) % kLine, bytes);
    const size_t tail = head + (bytes - head) / kLine * kLine;
    for (const RowCopy& row : rows) {
        std::memcpy(row.to, row.from, head);
        std::memcpy(row.to + tail, row.from + tail, bytes - tail);
    }
    for (size_t at = head; at < tail; at += kBlock) {
        copy_block(rows, at, std::min(at + kBlock, tail));
    }
}

void copy(std::span<const RowCopy> rows, size_t bytes, CopyBlock copy_block) {
    // Those of a picture are alike: its stride is whole cache lines.
    const bool alike = std::all_of(rows.begin(), rows.end(), [&](const RowCopy& row) {
        return misalignment(row) == misalignment(rows[0]);
    });
    const size_t at_once = alike ? rows.size() : 1;
    for (size_t first = 0; first < rows.size(); first += at_once) {
        copy_alike(rows.subspan(first, at_once), bytes, copy_block);
    }
}

}  // namespace

void stream_rows(std::span<const RowCopy> rows, size_t bytes) {
    static const CopyBlock best =
        __builtin_cpu_supports("avx") != 0 ? copy_block_avx : copy_block_sse2;
    copy(rows, bytes, best);
}

void stream_rows_without_avx(std::span<const RowCopy> rows, size_t bytes) {
    copy(rows, bytes, copy_block_sse2);
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
