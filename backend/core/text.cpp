// SPDX-License-Identifier: MIT
#include "core/text.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace oriel {
namespace {

/// A lead byte of UTF-8 (Unicode 15, table 3-7): how long its sequences are and which second bytes
/// they may have, without overlong forms, surrogates and control characters.
struct Lead {
    size_t length = 0;
    unsigned char second_from = 0x80;
    unsigned char second_to = 0xbf;
};

Lead lead_of(unsigned char byte) {
    if (byte >= 0x20 && byte < 0x7f) {
        return {.length = 1};
    }
    if (byte < 0xc2 || byte > 0xf4) {
        return {};
    }
    if (byte < 0xe0) {
        // U+0080 to U+009f are control characters.
        return {.length = 2, .second_from = static_cast<unsigned char>(byte == 0xc2 ? 0xa0 : 0x80)};
    }
    if (byte < 0xf0) {
        return {.length = 3,
                .second_from = static_cast<unsigned char>(byte == 0xe0 ? 0xa0 : 0x80),
                .second_to = static_cast<unsigned char>(byte == 0xed ? 0x9f : 0xbf)};
    }
    return {.length = 4,
            .second_from = static_cast<unsigned char>(byte == 0xf0 ? 0x90 : 0x80),
            .second_to = static_cast<unsigned char>(byte == 0xf4 ? 0x8f : 0xbf)};
}

/// The bytes of the printable character that `text` starts with; 0 if it starts with none.
size_t character_length(std::string_view text) {
    const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
    const Lead lead = lead_of(byte(0));
    if (lead.length > text.size()) {
        return 0;
    }
    if (lead.length > 1 && (byte(1) < lead.second_from || byte(1) > lead.second_to)) {
        return 0;
    }
    for (size_t i = 2; i < lead.length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    return lead.length;
}

/// A character that reorders the text around it, or starts a line in some viewers (Unicode 15, 23.2
/// and UAX #9): a name could look like another one.
bool changes_order(std::string_view character) {
    constexpr std::array<std::string_view, 14> kControls{
        "\xd8\x9c",                                       // U+061C
        "\xe2\x80\x8e", "\xe2\x80\x8f",                   // U+200E, U+200F
        "\xe2\x80\xa8", "\xe2\x80\xa9",                   // U+2028, U+2029
        "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac",   // U+202A to U+202E
        "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6",   // U+2066
        "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9"};  // to U+2069
    return std::find(kControls.begin(), kControls.end(), character) != kControls.end();
}

}  // namespace

std::string printable(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    while (!text.empty()) {
        const size_t length = character_length(text);
        if (length == 0) {
            line += '?';
            text.remove_prefix(1);
        } else if (changes_order(text.substr(0, length))) {
            line += '?';
            text.remove_prefix(length);
        } else {
            line += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return line;
}

bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text[0]);
        size_t length = 1;
        if (first >= 0x80) {
            const bool control = first == 0xc2 && text.size() > 1 &&
                                 (static_cast<unsigned char>(text[1]) & 0xe0) == 0x80;
            length = control ? 2 : character_length(text);
        }
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string_view last_line(std::string_view text) {
    text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    return text.substr(text.find_last_of('\n') + 1);
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool starts_with_one_of(std::string_view word, std::span<const std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [word](std::string_view beginning) { return word.starts_with(beginning); });
}

}  // namespace oriel
