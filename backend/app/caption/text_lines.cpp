// SPDX-License-Identifier: MIT
#include "caption/text_lines.h"

#include <algorithm>
#include <utility>

namespace oriel::app {
namespace {

constexpr char32_t kUnknown = U'?';

int width_of(std::u32string_view letters, LetterWidths& widths) {
    int width = 0;
    char32_t before = 0;
    for (const char32_t letter : letters) {
        width += widths.advance(letter, std::exchange(before, letter));
    }
    return width;
}

/// How many letters of `line` have room: up to a blank, if there is one, and one at least.
size_t fitting(std::u32string_view line, int max_width, LetterWidths& widths) {
    int width = 0;
    char32_t before = 0;
    size_t blank = 0;
    for (size_t i = 0; i < line.size(); ++i) {
        width += widths.advance(line[i], std::exchange(before, line[i]));
        if (line[i] == U' ') {
            blank = i;
        }
        if (width > max_width) {
            return blank > 0 ? blank : std::max(i, size_t{1});
        }
    }
    return line.size();
}

}  // namespace

std::u32string letters_of(std::string_view text) {
    std::u32string letters;
    for (size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i++]);
        const size_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first >= 0x80 && first < 0xc2) {
            letters += kUnknown;
            continue;
        }
        char32_t letter = more == 0 ? first : first & (0x3fU >> more);
        size_t taken = 0;
        while (taken < more && i < text.size() && (text[i] & 0xc0) == 0x80) {
            letter = letter << 6 | (static_cast<unsigned char>(text[i++]) & 0x3fU);
            ++taken;
        }
        letters += taken == more && letter <= 0x10ffff ? letter : kUnknown;
    }
    return letters;
}

std::vector<TextLine> break_lines(std::u32string_view text, int max_width, LetterWidths& widths) {
    std::vector<TextLine> lines;
    while (!text.empty() && lines.size() < kMaxTextLines) {
        const size_t end = std::min(text.find(U'\n'), text.size());
        std::u32string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        do {
            const size_t taken = fitting(line, max_width, widths);
            const std::u32string_view part = line.substr(0, taken);
            lines.push_back({std::u32string{part}, width_of(part, widths)});
            line.remove_prefix(taken);
            line.remove_prefix(std::min(line.find_first_not_of(U' '), line.size()));
        } while (!line.empty() && lines.size() < kMaxTextLines);
    }
    return lines;
}

}  // namespace oriel::app
