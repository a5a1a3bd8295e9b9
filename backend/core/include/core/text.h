// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace oriel {

/// Text from outside (a file name, what another process says) as a part of one line for a terminal
/// or a journal: control characters and bytes that are no UTF-8 become '?'. Otherwise a name could
/// start a line of its own or steer the terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// Whether all of it is UTF-8 (no overlong forms, no surrogates), control characters included.
[[nodiscard]] bool valid_utf8(std::string_view text);

/// The last line that is not empty, without its end. Part of `text`.
[[nodiscard]] std::string_view last_line(std::string_view text);

[[nodiscard]] bool is_one_of(std::string_view word, std::span<const std::string_view> words);
/// Whether `word` begins with one of them.
[[nodiscard]] bool starts_with_one_of(std::string_view word,
                                      std::span<const std::string_view> beginnings);

}  // namespace oriel
