// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace oriel::agent {

/// LF of a text to CR LF, for a guest whose lines end so; one that has CR before it stays.
[[nodiscard]] std::string to_crlf(std::string_view text);
/// CR LF to LF. A CR alone stays.
[[nodiscard]] std::string to_lf(std::string_view text);

}  // namespace oriel::agent
