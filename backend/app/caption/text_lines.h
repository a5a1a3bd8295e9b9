// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oriel::app {

/// The letters of a UTF-8 text; what is none is a question mark.
[[nodiscard]] std::u32string letters_of(std::string_view text);

/// How wide letters are.
class LetterWidths {
public:
    LetterWidths() = default;
    LetterWidths(const LetterWidths&) = delete;
    LetterWidths& operator=(const LetterWidths&) = delete;

    /// Px from the letter to the next one; `before`: the one on its left, or 0.
    [[nodiscard]] virtual int advance(char32_t letter, char32_t before) = 0;

protected:
    ~LetterWidths() = default;
};

struct TextLine {
    std::u32string letters;
    int width = 0;  ///< px
};
constexpr size_t kMaxTextLines = 16;

/// The lines of a text. Those that are wider than `max_width` px are broken at blanks, or, where
/// there are none, anywhere. Lines beyond kMaxTextLines are left out.
[[nodiscard]] std::vector<TextLine> break_lines(std::u32string_view text, int max_width,
                                                LetterWidths& widths);

}  // namespace oriel::app
