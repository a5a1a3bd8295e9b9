// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oriel::app {

/// Texts for readers have two marks, as Markdown has them: `literal` for what is to be typed as it
/// is, *NAME* for what something else takes the place of. There is no way to write the marks
/// themselves.
struct InlinePiece {
    enum class Kind : uint8_t { kText, kLiteral, kPlaceholder };
    Kind kind;
    std::string_view text;
};

/// Never empty pieces. They point into `text`.
[[nodiscard]] std::vector<InlinePiece> inline_pieces(std::string_view text);

/// Without the marks.
[[nodiscard]] std::string plain_text(std::string_view text);

}  // namespace oriel::app
