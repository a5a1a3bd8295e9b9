// SPDX-License-Identifier: MIT
#pragma once

#include <malloc.h>

#include <cstddef>

namespace oriel::test {

/// What this process has allocated and not given back. 0 with AddressSanitizer, which finds leaks
/// itself.
[[nodiscard]] inline size_t heap_bytes() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

}  // namespace oriel::test
