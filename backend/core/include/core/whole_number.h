// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace oriel {

/// The number that a text is, all of it, in decimal digits; nothing if it is none, or one that has
/// no room in T.
template <class T>
[[nodiscard]] std::optional<T> whole_number(std::string_view text) {
    T value{};
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    return error == std::errc{} && end == last ? std::optional{value} : std::nullopt;
}

}  // namespace oriel
