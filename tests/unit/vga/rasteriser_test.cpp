// SPDX-License-Identifier: MIT
#include "vga/rasteriser.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <string>

#include "support/random.h"

namespace oriel::vga {
namespace {

/// One letter a pixel: 'a' + the index in `colours`, which have 0x10101 steps.
std::string letters(const VgaPictureData& picture, uint32_t x, uint32_t y, uint32_t width) {
    std::vector<uint32_t> pixels(width, 0xdeadbeef);
    rasterise(picture, x, y, width, reinterpret_cast<std::byte*>(pixels.data()));
    std::string text;
    for (const uint32_t pixel : pixels) {
        CHECK(pixel % 0x10101 == 0);
        text += static_cast<char>('a' + pixel / 0x10101);
    }
    return text;
}
std::string line(const VgaPictureData& picture, uint32_t y = 0) {
    return letters(picture, 0, y, picture.size.width);
}

VgaPictureData blank(VgaKind kind, Size size, uint32_t columns, uint32_t rows) {
    VgaPictureData picture;
    picture.kind = kind;
    picture.size = size;
    picture.columns = columns;
    picture.rows = rows;
    picture.grid.resize(size_t{rows} * columns * picture.unit_bytes());
    picture.lines.resize(size.height);
    for (uint32_t i = 0; i < picture.colours.size(); ++i) {
        picture.colours[i] = i * 0x10101;
    }
    return picture;
}

void put(VgaPictureData& picture, uint32_t row, uint32_t column, std::vector<uint8_t> bytes) {
    REQUIRE(bytes.size() == picture.unit_bytes());
    std::memcpy(picture.grid.data() + (size_t{row} * picture.columns + column) * bytes.size(),
                bytes.data(), bytes.size());
}

void put_glyph(VgaPictureData& picture, uint32_t map, uint8_t character, uint32_t scan,
               uint8_t dots) {
    picture.font[map * VgaPictureData::kFontMapBytes + character * size_t{32} + scan] =
        std::byte{dots};
}

/// Three cells of four lines.
VgaPictureData text(uint8_t glyph_width) {
    VgaPictureData picture = blank(VgaKind::kText, {3U * glyph_width, 4}, 4, 1);
    picture.glyph_width = glyph_width;
    picture.font.resize(2 * VgaPictureData::kFontMapBytes);
    for (uint8_t y = 0; y < 4; ++y) {
        picture.lines[y] = {0, y, 0};
    }
    for (uint32_t column = 0; column < 4; ++column) {
        put(picture, 0, column, {' ', 0x07});
    }
    return picture;
}

TEST_SUITE("vga rasteriser") {
    TEST_CASE("a glyph's dots are foreground, most significant first, the rest background") {
        VgaPictureData picture = text(8);
        put(picture, 0, 1, {'A', 0x2e});
        put_glyph(picture, 1, 'A', 0, 0b1100'0001);
        put_glyph(picture, 1, 'A', 3, 0b0000'0010);
        CHECK(line(picture, 0) == "aaaaaaaaoocccccoaaaaaaaa");
        CHECK(line(picture, 1) == "aaaaaaaaccccccccaaaaaaaa");
        CHECK(line(picture, 3) == "aaaaaaaaccccccocaaaaaaaa");
    }

    TEST_CASE("attribute bit 3 chooses the font as well as the colour") {
        VgaPictureData picture = text(8);
        put_glyph(picture, 0, 'A', 0, 0xf0);
        put_glyph(picture, 1, 'A', 0, 0x0f);
        put(picture, 0, 0, {'A', 0x01});
        put(picture, 0, 1, {'A', 0x09});
        CHECK(line(picture) == "bbbbaaaaaaaajjjjaaaaaaaa");
    }

    TEST_CASE("the ninth dot is background, or the eighth again for line drawing characters") {
        VgaPictureData picture = text(9);
        for (const uint8_t character : std::array<uint8_t, 4>{0xbf, 0xc0, 0xdf, 0xe0}) {
            put_glyph(picture, 0, character, 0, 0x01);
        }
        put(picture, 0, 0, {0xbf, 0x07});
        put(picture, 0, 1, {0xc0, 0x07});
        put(picture, 0, 2, {0xdf, 0x17});
        CHECK(line(picture) == "aaaaaaahaaaaaaaahabbbbbbbhb");
        picture.line_graphics = true;
        CHECK(line(picture) == "aaaaaaahaaaaaaaahhbbbbbbbhh");
        put(picture, 0, 2, {0xe0, 0x17});
        CHECK(line(picture) == "aaaaaaahaaaaaaaahhbbbbbbbhb");
    }

    TEST_CASE("attribute bit 7 is a colour, or it blinks") {
        VgaPictureData picture = text(8);
        put_glyph(picture, 0, 'A', 0, 0xf0);
        put(picture, 0, 0, {'A', 0xc1});
        put(picture, 0, 1, {'A', 0x41});
        picture.blink_off = true;  // means nothing without blink
        CHECK(line(picture) == "bbbbmmmmbbbbeeeeaaaaaaaa");
        picture.blink = true;
        picture.blink_off = false;
        CHECK(line(picture) == "bbbbeeeebbbbeeeeaaaaaaaa");
        picture.blink_off = true;
        CHECK(line(picture) == "eeeeeeeebbbbeeeeaaaaaaaa");
    }

    TEST_CASE("the cursor is foreground in its lines of its cell, also while its text blinks off") {
        VgaPictureData picture = text(9);
        put(picture, 0, 1, {' ', 0x92});
        picture.blink = picture.blink_off = true;
        picture.cursor = VgaCursor{1, 0, 1, 2};
        CHECK(line(picture, 0) == "aaaaaaaaabbbbbbbbbaaaaaaaaa");
        CHECK(line(picture, 1) == "aaaaaaaaacccccccccaaaaaaaaa");
        CHECK(line(picture, 2) == "aaaaaaaaacccccccccaaaaaaaaa");
        CHECK(line(picture, 3) == "aaaaaaaaabbbbbbbbbaaaaaaaaa");
        picture.cursor = VgaCursor{1, 1, 0, 31};
        CHECK(line(picture, 1) == "aaaaaaaaabbbbbbbbbaaaaaaaaa");
    }

    TEST_CASE("underlined are attributes with a blue foreground, in one line, while they are on") {
        VgaPictureData picture = text(9);
        put(picture, 0, 0, {' ', 0x81});
        put(picture, 0, 1, {' ', 0x09});
        put(picture, 0, 2, {' ', 0x03});
        picture.underline_scan = 2;
        picture.blink = true;
        CHECK(line(picture, 1) == "aaaaaaaaaaaaaaaaaaaaaaaaaaa");
        CHECK(line(picture, 2) == "bbbbbbbbbjjjjjjjjjaaaaaaaaa");
        picture.blink_off = true;
        CHECK(line(picture, 2) == "aaaaaaaaajjjjjjjjjaaaaaaaaa");
        put(picture, 0, 2, {' ', 0x21});  // and on a background that an MDA doesn't have: not
        CHECK(line(picture, 2) == "aaaaaaaaajjjjjjjjjccccccccc");
    }

    TEST_CASE("panning brings in the cell after the last") {
        VgaPictureData picture = text(9);
        put(picture, 0, 0, {' ', 0x17});
        put(picture, 0, 3, {' ', 0x47});
        picture.lines[0].pan = 8;
        CHECK(line(picture) == "baaaaaaaaaaaaaaaaaaeeeeeeee");
    }

    TEST_CASE("with half the dot clock each dot is two pixels, panning counts dots") {
        VgaPictureData picture = text(9);
        picture.pixels_per_dot = 2;
        put_glyph(picture, 0, 0xc4, 0, 0b1010'0001);
        put(picture, 0, 0, {0xc4, 0x17});
        picture.line_graphics = true;
        CHECK(line(picture) == "hhbbhhbbbbbbbbhhhhaaaaaaaaa");
        picture.lines[0].pan = 1;
        CHECK(line(picture) == "bbhhbbbbbbbbhhhhaaaaaaaaaaa");
        CHECK(letters(picture, 3, 0, 4) == "hbbb");
        picture.glyph_width = 8;
        picture.lines[0].pan = 0;
        CHECK(line(picture) == "hhbbhhbbbbbbbbhhaaaaaaaaaaa");
    }

    TEST_CASE("eight planar pixels take a bit of each of four bytes") {
        VgaPictureData picture = blank(VgaKind::kPlanar, {16, 1}, 2, 1);
        put(picture, 0, 0, {0b1010'0001, 0b0110'0001, 0b0001'0001, 0b0000'1001});
        put(picture, 0, 1, {0xff, 0x00, 0xf0, 0x0f});
        CHECK(line(picture) == "bcdeiaapffffjjjj");
        picture.size.width = 10;
        picture.lines[0].pan = 3;
        CHECK(line(picture) == "eiaapffffj");
    }

    TEST_CASE("CGA's pixels are pairs of bits, with two more from the upper planes") {
        VgaPictureData picture = blank(VgaKind::kInterleaved, {8, 1}, 1, 1);
        put(picture, 0, 0, {0b0001'1011, 0b1110'0100, 0, 0});
        CHECK(line(picture) == "abcddcba");
        put(picture, 0, 0, {0b0001'1011, 0b1110'0100, 0b0101'1010, 0b0000'1111});
        CHECK(line(picture) == "efkldcnm");
    }

    TEST_CASE("packed pixels are bytes") {
        VgaPictureData picture = blank(VgaKind::kPacked, {7, 1}, 2, 1);
        put(picture, 0, 0, {1, 2, 3, 25});
        put(picture, 0, 1, {5, 6, 7, 8});
        picture.lines[0].pan = 1;
        CHECK(line(picture) == "cdzfghi");
    }

    TEST_CASE("lines are taken from any row: scrolling, split and doubled ones") {
        VgaPictureData picture = blank(VgaKind::kPacked, {4, 4}, 1, 3);
        for (uint8_t row = 0; row < 3; ++row) {
            put(picture, row, 0, {row, row, row, row});
        }
        picture.lines = {{2, 0, 0}, {2, 0, 0}, {0, 0, 0}, {1, 0, 0}};
        CHECK(line(picture, 0) == "cccc");
        CHECK(line(picture, 1) == "cccc");
        CHECK(line(picture, 2) == "aaaa");
        CHECK(line(picture, 3) == "bbbb");
    }

    TEST_CASE("a part of a line is that part of the whole line") {
        test::Random random{3};
        for (const VgaKind kind :
             {VgaKind::kText, VgaKind::kPlanar, VgaKind::kInterleaved, VgaKind::kPacked}) {
            VgaPictureData picture = blank(kind, {64, 1}, 20, 1);
            picture.glyph_width = 9;
            picture.font.resize(2 * VgaPictureData::kFontMapBytes);
            for (std::byte& byte : picture.grid) {
                byte = static_cast<std::byte>(random());
            }
            for (std::byte& byte : picture.font) {
                byte = static_cast<std::byte>(random());
            }
            for (uint32_t& colour : picture.colours) {
                colour = random.below(50) * 0x10101;
            }
            picture.lines[0].pan = 3;
            const std::string whole = line(picture);
            for (int i = 0; i < 200; ++i) {
                const uint32_t x = random.below(64);
                const uint32_t width = 1 + random.below(64 - x);
                CHECK(letters(picture, x, 0, width) == whole.substr(x, width));
            }
        }
    }
}

}  // namespace
}  // namespace oriel::vga
