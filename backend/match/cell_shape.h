// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "match/console_font.h"
#include "match/picture_view.h"

namespace oriel::match {

/// What a cell looks like, whatever its two colours: a bit for each pixel, 0 where it has the
/// colour of the top left one.
struct CellShape {
    std::array<uint64_t, kMaxCellSide> rows{};  ///< the leftmost pixel is the highest bit in use
    uint32_t height = 0;
    bool plain = true;   ///< all pixels are of one colour
    uint32_t first = 0;  ///< that of the top left pixel
    uint32_t other = 0;  ///< the other one; `first` if plain

    [[nodiscard]] uint64_t hash() const {
        uint64_t value = height;
        for (uint32_t y = 0; y < height; ++y) {
            value = (value ^ rows[y]) * 0x9e3779b97f4a7c15U;
            value ^= value >> 29;
        }
        return value;
    }
    /// Turns all dots of a row into the other colour.
    void turn_row(uint32_t y, uint32_t width) { rows[y] ^= all_dots(width); }
    [[nodiscard]] static uint64_t all_dots(uint32_t width) {
        return width == 64 ? UINT64_MAX : (uint64_t{1} << width) - 1;
    }
};

/// The cell at (x, y), which is inside the picture. False if it has more than two colours.
[[nodiscard]] inline bool read_shape(const PictureView& picture, uint32_t x, uint32_t y, Size cell,
                                     CellShape& shape) {
    constexpr uint32_t kColour = 0x00ffffff;
    const uint32_t first = picture.row(y)[x] & kColour;
    uint32_t other = first;
    for (uint32_t dy = 0; dy < cell.height; ++dy) {
        const uint32_t* row = picture.row(y + dy) + x;
        uint64_t bits = 0;
        uint32_t strange = 0;
        for (uint32_t dx = 0; dx < cell.width; ++dx) {
            const uint32_t pixel = row[dx] & kColour;
            const uint32_t differs = pixel != first ? 1 : 0;
            if (differs != 0 && other == first) {
                other = pixel;
            }
            strange |= differs & (pixel != other ? 1U : 0U);
            bits = bits << 1 | differs;
        }
        if (strange != 0) {
            return false;
        }
        shape.rows[dy] = bits;
    }
    shape.height = cell.height;
    shape.first = first;
    shape.other = other;
    shape.plain = other == first;
    return true;
}

/// A glyph as a cell of two colours shows it, and whether its top left dot is set.
struct GlyphShape {
    CellShape shape;
    bool turned = false;  ///< the first colour is the foreground
};

[[nodiscard]] inline GlyphShape shape_of(const Glyph& glyph, const BitmapFont& font) {
    GlyphShape result;
    result.shape.height = font.cell.height;
    const uint32_t row_bytes = font.row_bytes();
    for (uint32_t y = 0; y < font.cell.height; ++y) {
        uint64_t bits = 0;
        for (uint32_t x = 0; x < font.cell.width; ++x) {
            const uint8_t byte = glyph.rows[size_t{y} * row_bytes + x / 8];
            bits = bits << 1 | (byte >> (7 - x % 8) & 1U);
        }
        result.shape.rows[y] = bits;
    }
    result.turned = (result.shape.rows[0] >> (font.cell.width - 1) & 1) != 0;
    if (result.turned) {
        for (uint32_t y = 0; y < font.cell.height; ++y) {
            result.shape.turn_row(y, font.cell.width);
        }
    }
    return result;
}

}  // namespace oriel::match
