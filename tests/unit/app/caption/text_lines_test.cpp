// SPDX-License-Identifier: MIT
#include "caption/text_lines.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

/// Each letter is as wide as any other.
class Fixed final : public LetterWidths {
public:
    int advance(char32_t, char32_t) override { return 10; }
};

std::vector<std::u32string> broken(std::string_view text, int max_width) {
    Fixed widths;
    std::vector<std::u32string> lines;
    for (const TextLine& line : break_lines(letters_of(text), max_width, widths)) {
        CHECK(line.width == static_cast<int>(line.letters.size()) * 10);
        lines.push_back(line.letters);
    }
    return lines;
}

using Lines = std::vector<std::u32string>;

}  // namespace

TEST_SUITE("text lines") {
    TEST_CASE("a text that has room stays one line") {
        CHECK(broken("ab cd", 50) == Lines{U"ab cd"});
        CHECK(broken("", 50).empty());
    }
    TEST_CASE("lines are broken at blanks, or anywhere where there are none") {
        CHECK(broken("ab cd", 40) == Lines{U"ab", U"cd"});
        CHECK(broken("one two three", 70) == Lines{U"one two", U"three"});
        CHECK(broken("abcdefgh", 30) == Lines{U"abc", U"def", U"gh"});
        CHECK(broken("abc", 1) == Lines{U"a", U"b", U"c"});
    }
    TEST_CASE("a text's own lines stay") {
        CHECK(broken("ab\ncd", 500) == Lines{U"ab", U"cd"});
        CHECK(broken("ab\n\ncd", 500) == Lines{U"ab", U"", U"cd"});
    }
    TEST_CASE("there are no more than 16 lines, whatever the text") {
        CHECK(broken(std::string(1000, 'x'), 10).size() == kMaxTextLines);
        CHECK(broken(std::string(1000, '\n'), 10).size() == kMaxTextLines);
    }
    TEST_CASE("letters are those of UTF-8, and what is none is a question mark") {
        CHECK(letters_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == U"a\u00e9\u20ac\U0001f600");
        CHECK(letters_of("a\xff\xc3") == U"a??");
        CHECK(letters_of("\xe2\x82"
                         "b") == U"?b");
    }
}

}  // namespace oriel::app
