// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cell_shape.h"
#include "match/console_font.h"

namespace oriel::match {

/// A font's glyphs by what a cell with one looks like.
class GlyphTable {
public:
    /// The characters of a shape; 0 where there is none.
    struct Characters {
        char32_t plain = 0;   ///< if the top left pixel is background
        char32_t turned = 0;  ///< if it is foreground
    };

    explicit GlyphTable(const BitmapFont& font);

    [[nodiscard]] Size cell() const { return cell_; }
    /// Null where no glyph looks so. Blanks and full blocks are in no table: they are plain.
    [[nodiscard]] const Characters* find(const CellShape& shape) const;

private:
    [[nodiscard]] bool same_dots(size_t entry, const CellShape& shape) const;
    void add(const GlyphShape& glyph, char32_t character);

    Size cell_;
    std::unordered_map<uint64_t, size_t> entries_;  ///< by CellShape::hash()
    std::vector<Characters> characters_;
    std::vector<uint64_t> dots_;  ///< cell_.height for each entry
};

}  // namespace oriel::match
