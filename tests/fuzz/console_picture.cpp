// SPDX-License-Identifier: MIT
// Any picture, some with text drawn in them, with any needle searched in it and any text read from
// it: what is found is inside.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness.h"
#include "match/console_text.h"
#include "match/search.h"
#include "unit/match/font_files.h"

namespace {

using oriel::test::require;
using namespace oriel;
using namespace oriel::match;

/// As tall as consoles', with a code point of each length of UTF-8; no two glyphs are alike.
BitmapFont tall_font() {
    BitmapFont font{.name = "tall", .cell = {8, 16}, .glyphs = {}};
    for (uint32_t i = 0; i < 64; ++i) {
        Glyph glyph{.character = i < 32   ? char32_t{'@'} + i
                                 : i < 48 ? char32_t{0xc0} + i
                                 : i < 60 ? char32_t{0x2500} + i
                                          : char32_t{0x1f600} + i,
                    .rows = std::vector<uint8_t>(16)};
        for (uint32_t row = 2; row < 12; ++row) {
            glyph.rows[row] = static_cast<uint8_t>((i + 1) * (row + 3) * 37U >> 2U);
        }
        font.glyphs.push_back(std::move(glyph));
    }
    return font;
}

const std::vector<BitmapFont>& fonts() {
    static const std::vector<BitmapFont> all{*parse_psf(match::test::psf1(false)),
                                             *parse_psf(match::test::psf2()), tall_font()};
    return all;
}

/// Few colours, so that there are cells of two.
uint32_t take_colour(oriel::test::FuzzInput& input) {
    return input.take<uint8_t>() % 3 * 0x00404040U;
}

Picture take_noise(oriel::test::FuzzInput& input, uint32_t most) {
    Picture picture{{1U + input.take<uint8_t>() % most, 1U + input.take<uint8_t>() % most}, {}};
    picture.pixels.resize(picture.size.area());
    for (uint32_t& pixel : picture.pixels) {
        pixel = take_colour(input);
    }
    return picture;
}

Rect take_place(oriel::test::FuzzInput& input, Size inside) {
    const uint32_t x = input.take<uint8_t>() % inside.width;
    const uint32_t y = input.take<uint8_t>() % inside.height;
    return {x, y, 1 + input.take<uint8_t>() % (inside.width - x),
            1 + input.take<uint8_t>() % (inside.height - y)};
}

/// A line of text; what is beyond the picture's edge is cut off.
void draw_text(oriel::test::FuzzInput& input, Picture& picture) {
    const BitmapFont& font = fonts()[input.take<uint8_t>() % fonts().size()];
    const Rect place = take_place(input, picture.size);
    const std::array colours{take_colour(input), take_colour(input)};
    const auto text = input.take_bytes(input.take<uint8_t>() % 24);
    for (uint32_t i = 0; i < text.size(); ++i) {
        const Glyph& glyph = font.glyphs[std::to_integer<size_t>(text[i]) % font.glyphs.size()];
        for (uint32_t y = 0; y < font.cell.height; ++y) {
            for (uint32_t x = 0; x < font.cell.width; ++x) {
                const uint32_t to_x = place.x + i * font.cell.width + x;
                if (to_x < picture.size.width && place.y + y < picture.size.height) {
                    const uint8_t byte = glyph.rows[size_t{y} * font.row_bytes() + x / 8];
                    picture.pixels[size_t{place.y + y} * picture.size.width + to_x] =
                        colours.at(byte >> (7 - x % 8) & 1U);
                }
            }
        }
    }
}

/// As a cursor or a selection is: the two colours are exchanged, or one fills all.
void draw_block(oriel::test::FuzzInput& input, Picture& picture) {
    const Rect place = take_place(input, picture.size);
    const auto how = input.take<uint8_t>();
    const uint32_t colour = take_colour(input);
    for (uint32_t y = place.y; y < place.y + place.height; ++y) {
        for (uint32_t x = place.x; x < place.x + place.width; ++x) {
            uint32_t& pixel = picture.pixels[size_t{y} * picture.size.width + x];
            pixel = how % 2 == 0 ? 0x00404040U - std::min(pixel, 0x00404040U) : colour;
        }
    }
}

Picture take_screen(oriel::test::FuzzInput& input) {
    Picture picture{{8U + input.take<uint8_t>() % 80U, 8U + input.take<uint8_t>() % 56U}, {}};
    picture.pixels.assign(picture.size.area(), take_colour(input));
    for (auto left = input.take<uint8_t>() % 10U; left > 0; --left) {
        if (input.take<uint8_t>() % 4 != 3) {
            draw_text(input, picture);
        } else {
            draw_block(input, picture);
        }
    }
    return picture;
}

/// A piece of the frame, with some pixels changed.
Picture take_piece(oriel::test::FuzzInput& input, const Picture& frame) {
    Rect place = take_place(input, frame.size);
    place.width = std::min(place.width, 12U);
    place.height = std::min(place.height, 12U);
    Picture piece{{place.width, place.height}, {}};
    for (uint32_t y = 0; y < place.height; ++y) {
        const uint32_t* row = frame.view().row(place.y + y) + place.x;
        piece.pixels.insert(piece.pixels.end(), row, row + place.width);
    }
    for (auto left = input.take<uint8_t>() % 4U; left > 0; --left) {
        piece.pixels[input.take<uint16_t>() % piece.pixels.size()] += take_colour(input) / 8U;
    }
    return piece;
}

void search_in(oriel::test::FuzzInput& input, const Picture& frame) {
    const auto how = input.take<uint8_t>();
    const Tolerance tolerance{static_cast<uint8_t>(how % 4 == 0 ? 0 : input.take<uint8_t>() % 64),
                              how % 8 < 4 ? 0 : static_cast<double>(input.take<uint8_t>()) / 512};
    const Picture needle = how % 16 < 4 ? take_noise(input, 12) : take_piece(input, frame);
    const SearchOptions options{.within = how >= 192 ? take_place(input, frame.size) : Rect{},
                                .tolerance = tolerance};
    for (const auto& found : {search(frame.view(), needle.view(), options),
                              nearest(frame.view(), needle.view(), options)}) {
        require(!found || found->where.inside(frame.size));
    }
    const Picture shown = difference(needle.view(), frame.view(), tolerance);
    require(shown.pixels.size() == shown.size.area());
}

void check_grid(const TextGrid& grid, Size inside) {
    require(grid.columns() > 0 && grid.rows() > 0);
    require(grid.place(grid.rows() - 1, 0, grid.columns()).inside(inside));
    for (uint32_t row = 0; row < grid.rows(); ++row) {
        const std::string line = grid.line(row);
        const auto found = grid.find(line);
        require(found.has_value() == !line.empty());
        require(!found || (found->row <= row && found->where.inside(inside)));
    }
}

void read_text(const Picture& picture) {
    static const TextReader reader{fonts()};
    for (const TextGrid& grid : reader.read(picture.view())) {
        check_grid(grid, picture.size);
        require(!grid.text().empty());
    }
}

/// The same of a VGA's own text.
void read_cells(oriel::test::FuzzInput& input) {
    constexpr std::array<uint32_t, 16> kColours{0, 0xaa, 0xaa00};
    const auto columns = input.take<uint8_t>() % 41U;
    const Size cell{9, 16};
    const auto cells = input.take_bytes(input.take<uint8_t>());
    const TextGrid grid = text_of_cells(cells, columns, cell, kColours, columns % 2 == 0);
    if (grid.columns() > 0 && grid.rows() > 0) {
        check_grid(grid, {columns * cell.width, grid.rows() * cell.height});
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    const Picture frame =
        input.take<uint8_t>() % 8 == 7 ? take_noise(input, 64) : take_screen(input);
    search_in(input, frame);
    read_text(frame);
    read_cells(input);
}
