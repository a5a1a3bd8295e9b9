// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::test {

/// The program is built with AddressSanitizer, thus slow: it is not what a promise about time is
/// for.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

}  // namespace oriel::test
