// SPDX-License-Identifier: MIT
#include <algorithm>

#include "match/console_text.h"

namespace oriel::match {
namespace {

void append_utf8(std::string& text, char32_t code) {
    const auto add = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xc0 | code >> 6);
        add(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        add(0xe0 | code >> 12);
        add(0x80 | (code >> 6 & 0x3f));
        add(0x80 | (code & 0x3f));
    } else {
        add(0xf0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3f));
        add(0x80 | (code >> 6 & 0x3f));
        add(0x80 | (code & 0x3f));
    }
}

/// How many characters a part of valid UTF-8 has.
uint32_t characters(std::string_view text) {
    return static_cast<uint32_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
    }));
}

bool is_blank(const TextCell& cell) {
    return cell.character == ' ' || cell.character == 0xa0;
}

}  // namespace

TextGrid::TextGrid(Size cell, Point origin, uint32_t columns, uint32_t rows)
    : cell_{cell},
      origin_{origin},
      columns_{columns},
      rows_{rows},
      cells_(size_t{columns} * rows) {}

Rect TextGrid::place(uint32_t row, uint32_t column, uint32_t length) const {
    return {static_cast<uint32_t>(origin_.x) + column * cell_.width,
            static_cast<uint32_t>(origin_.y) + row * cell_.height, length * cell_.width,
            cell_.height};
}

std::string TextGrid::line(uint32_t row) const {
    uint32_t end = columns_;
    while (end > 0 && is_blank(at(row, end - 1))) {
        --end;
    }
    std::string text;
    text.reserve(end);
    for (uint32_t column = 0; column < end; ++column) {
        append_utf8(text, at(row, column).character);
    }
    return text;
}

std::string TextGrid::text() const {
    std::string text;
    size_t end = 0;
    for (uint32_t row = 0; row < rows_; ++row) {
        const std::string here = line(row);
        text += here;
        text += '\n';
        end = here.empty() ? end : text.size();
    }
    text.resize(end);
    return text;
}

std::optional<FoundText> TextGrid::find(std::string_view text) const {
    if (text.empty()) {
        return std::nullopt;
    }
    for (uint32_t row = 0; row < rows_; ++row) {
        std::string here;
        here.reserve(columns_);
        for (uint32_t column = 0; column < columns_; ++column) {
            append_utf8(here, at(row, column).character);
        }
        const size_t byte = here.find(text);
        if (byte != std::string::npos) {
            const uint32_t column = characters(std::string_view{here}.substr(0, byte));
            return FoundText{row, column, place(row, column, characters(text))};
        }
    }
    return std::nullopt;
}

size_t TextGrid::known() const {
    return static_cast<size_t>(
        std::count_if(cells_.begin(), cells_.end(), [](const TextCell& cell) {
            return !is_blank(cell) && cell.character != TextCell::kUnknown;
        }));
}

size_t TextGrid::unknown() const {
    return static_cast<size_t>(
        std::count_if(cells_.begin(), cells_.end(),
                      [](const TextCell& cell) { return cell.character == TextCell::kUnknown; }));
}

TextGrid text_of_cells(std::span<const std::byte> cells, uint32_t columns, Size cell,
                       std::span<const uint32_t, 16> colours, bool blink) {
    const size_t count = columns != 0 ? cells.size() / 2 / columns * columns : 0;
    TextGrid grid{cell, {}, columns, columns != 0 ? static_cast<uint32_t>(count / columns) : 0};
    for (size_t i = 0; i < count; ++i) {
        const auto code = std::to_integer<uint8_t>(cells[2 * i]);
        const auto attribute = std::to_integer<uint8_t>(cells[2 * i + 1]);
        TextCell& to =
            grid.at(static_cast<uint32_t>(i / columns), static_cast<uint32_t>(i % columns));
        to.character = code != 0xff ? from_code_page_437(code) : U' ';
        to.foreground = colours[attribute & 15];
        to.background = colours[attribute >> 4 & (blink ? 7 : 15)];
    }
    return grid;
}

}  // namespace oriel::match
