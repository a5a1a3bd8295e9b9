// SPDX-License-Identifier: MIT
#include "glyph_table.h"

#include <algorithm>

namespace oriel::match {

GlyphTable::GlyphTable(const BitmapFont& font) : cell_{font.cell} {
    entries_.reserve(font.glyphs.size());
    for (const Glyph& glyph : font.glyphs) {
        add(shape_of(glyph, font), glyph.character);
    }
}

void GlyphTable::add(const GlyphShape& glyph, char32_t character) {
    const auto& rows = glyph.shape.rows;
    if (std::all_of(rows.begin(), rows.end(), [](uint64_t row) { return row == 0; })) {
        return;
    }
    const auto [entry, is_new] = entries_.try_emplace(glyph.shape.hash(), characters_.size());
    if (is_new) {
        characters_.emplace_back();
        dots_.insert(dots_.end(), rows.begin(), rows.begin() + cell_.height);
    } else if (!same_dots(entry->second, glyph.shape)) {
        // Two shapes with one hash: the second one is not known, and never taken for the first.
        return;
    }
    Characters& characters = characters_[entry->second];
    char32_t& which = glyph.turned ? characters.turned : characters.plain;
    // The smallest of characters that look alike: ASCII, where one of them is.
    which = which == 0 ? character : std::min(which, character);
}

bool GlyphTable::same_dots(size_t entry, const CellShape& shape) const {
    const auto dots = dots_.begin() + static_cast<std::ptrdiff_t>(entry * cell_.height);
    return std::equal(dots, dots + cell_.height, shape.rows.begin());
}

const GlyphTable::Characters* GlyphTable::find(const CellShape& shape) const {
    const auto entry = entries_.find(shape.hash());
    if (entry == entries_.end() || !same_dots(entry->second, shape)) {
        return nullptr;
    }
    return &characters_[entry->second];
}

}  // namespace oriel::match
