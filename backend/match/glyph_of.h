// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "match/console_font.h"

namespace oriel::match {

/// A glyph with these rows, as a file or a memory has them.
[[nodiscard]] inline Glyph glyph_of(char32_t character, std::span<const std::byte> rows) {
    Glyph glyph{.character = character, .rows = {}};
    glyph.rows.reserve(rows.size());
    for (const std::byte row : rows) {
        glyph.rows.push_back(std::to_integer<uint8_t>(row));
    }
    return glyph;
}

}  // namespace oriel::match
