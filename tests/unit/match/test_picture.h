// SPDX-License-Identifier: MIT
#pragma once

#include "match/console_font.h"
#include "match/picture_view.h"
#include "support/random.h"

namespace oriel::match::test {

inline Picture plain(Size size, uint32_t colour = 0) {
    return {size, std::vector<uint32_t>(size.area(), colour)};
}

/// Noise of few colours.
inline Picture noise(Size size, uint32_t seed, uint32_t colours = 4) {
    oriel::test::Random random{seed};
    Picture picture = plain(size);
    for (uint32_t& pixel : picture.pixels) {
        pixel = random.below(colours) * 0x00504030U & 0x00ffffffU;
    }
    return picture;
}

inline void paste(Picture& to, const Picture& from, uint32_t x, uint32_t y) {
    for (uint32_t row = 0; row < from.size.height; ++row) {
        for (uint32_t column = 0; column < from.size.width; ++column) {
            to.pixels[size_t{y + row} * to.size.width + x + column] =
                from.pixels[size_t{row} * from.size.width + column];
        }
    }
}

/// Rectangles of random sizes and colours: what screens look like to a search.
inline Picture desktop(Size size, uint32_t seed, uint32_t rectangles = 60) {
    oriel::test::Random random{seed};
    Picture picture = plain(size, 0x00204060);
    for (uint32_t i = 0; i < rectangles; ++i) {
        // Each in a line of its own: compilers call arguments in the order that they like.
        const uint32_t colour = random() & 0x00ffffffU;
        const Rect rect{random.below(size.width), random.below(size.height),
                        1 + random.below(size.width / 3), 1 + random.below(size.height / 3)};
        fill(picture, rect, colour);
    }
    return picture;
}

/// Draws one of a font's characters. False if the font has none.
inline bool draw(Picture& to, const BitmapFont& font, char32_t character, uint32_t x, uint32_t y,
                 uint32_t foreground, uint32_t background) {
    for (const Glyph& glyph : font.glyphs) {
        if (glyph.character != character) {
            continue;
        }
        for (uint32_t row = 0; row < font.cell.height; ++row) {
            for (uint32_t column = 0; column < font.cell.width; ++column) {
                const uint8_t byte = glyph.rows[size_t{row} * font.row_bytes() + column / 8];
                const bool set = (byte >> (7 - column % 8) & 1) != 0;
                to.pixels[size_t{y + row} * to.size.width + x + column] =
                    set ? foreground : background;
            }
        }
        return true;
    }
    return false;
}

/// ASCII only.
inline void draw_text(Picture& to, const BitmapFont& font, std::string_view text, uint32_t x,
                      uint32_t y, uint32_t foreground = 0x00aaaaaa, uint32_t background = 0) {
    for (const char character : text) {
        draw(to, font, static_cast<char32_t>(character), x, y, foreground, background);
        x += font.cell.width;
    }
}

/// A font of random glyphs for ASCII: dots at all sides, no two alike.
inline BitmapFont random_font(Size cell, uint32_t seed = 1) {
    oriel::test::Random random{seed};
    BitmapFont font{.name = "random", .cell = cell};
    font.glyphs.push_back({U' ', std::vector<uint8_t>(size_t{font.row_bytes()} * cell.height)});
    for (char32_t character = '!'; character <= '~'; ++character) {
        Glyph glyph{.character = character, .rows = {}};
        glyph.rows.reserve(size_t{font.row_bytes()} * cell.height);
        for (uint32_t i = 0; i < font.row_bytes() * cell.height; ++i) {
            const bool last = i % font.row_bytes() + 1 == font.row_bytes();
            const uint32_t unused = last ? font.row_bytes() * 8 - cell.width : 0;
            glyph.rows.push_back(
                static_cast<uint8_t>((random() & random() & 0xff) >> unused << unused));
        }
        font.glyphs.push_back(std::move(glyph));
    }
    return font;
}

}  // namespace oriel::match::test
