// SPDX-License-Identifier: MIT
#include "stream_copy.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace oriel {

#ifdef __SSE2__

void stream_copy(std::byte* to, const std::byte* from, size_t bytes) {
    constexpr size_t kLine = 64;
    // Streaming stores want alignment, and whole cache lines to be worth it.
    const size_t misaligned = reinterpret_cast<uintptr_t>(to) % kLine;
    const size_t head = misaligned == 0 ? 0 : std::min(kLine - misaligned, bytes);
    std::memcpy(to, from, head);
    to += head;
    from += head;
    bytes -= head;
    for (; bytes >= kLine; bytes -= kLine, to += kLine, from += kLine) {
        // void*: alignment is checked above, from needs none.
        const auto* source = static_cast<const __m128i*>(static_cast<const void*>(from));
        auto* target = static_cast<__m128i*>(static_cast<void*>(to));
        const __m128i a = _mm_loadu_si128(source);
        const __m128i b = _mm_loadu_si128(source + 1);
        const __m128i c = _mm_loadu_si128(source + 2);
        const __m128i d = _mm_loadu_si128(source + 3);
        _mm_stream_si128(target, a);
        _mm_stream_si128(target + 1, b);
        _mm_stream_si128(target + 2, c);
        _mm_stream_si128(target + 3, d);
    }
    std::memcpy(to, from, bytes);
}

void stream_fence() {
    _mm_sfence();
}

#else

void stream_copy(std::byte* to, const std::byte* from, size_t bytes) {
    std::memcpy(to, from, bytes);
}

void stream_fence() {}

#endif

}  // namespace oriel
