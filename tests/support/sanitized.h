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

/// The same of ThreadSanitizer, which looks at each access to memory.
#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitized = true;
#elif defined(__has_feature)
constexpr bool kThreadSanitized = __has_feature(thread_sanitizer);
#else
constexpr bool kThreadSanitized = false;
#endif

}  // namespace oriel::test
