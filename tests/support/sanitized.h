// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::test {

/// The program is built with AddressSanitizer, thus slow: it does less in a test, and a promise
/// about time isn't about it.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

}  // namespace oriel::test
