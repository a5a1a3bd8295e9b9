// SPDX-License-Identifier: MIT
#include "match/console_text.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "match/png.h"
#include "test_picture.h"

namespace oriel::match {
namespace {

using test::draw_text;
using test::plain;
using test::random_font;

TextReader reader_of(const BitmapFont& font) {
    return TextReader{{font}};
}

/// Debian 12's, which is packed by xz; empty if it is not there.
std::string cached_kernel() {
    const char* home = std::getenv("HOME");
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{
             std::filesystem::path{home != nullptr ? home : "/"} / ".cache/oriel", ignored}) {
        const auto kernel = entry.path() / "vmlinuz";
        if (entry.path().filename().string().starts_with("kernel-bookworm") &&
            std::filesystem::exists(kernel)) {
            return kernel;
        }
    }
    return {};
}

TEST_SUITE("console text") {
    TEST_CASE("text is read wherever the first cell is, with its place and its colours") {
        const BitmapFont font = random_font({8, 16});
        const TextReader reader = reader_of(font);
        for (const Point at : {Point{0, 0}, Point{3, 5}, Point{7, 15}, Point{100, 33}}) {
            Picture picture = plain({320, 200}, 0x00102030);
            const auto x = static_cast<uint32_t>(at.x);
            const auto y = static_cast<uint32_t>(at.y);
            draw_text(picture, font, "login: root", x, y, 0x00aaaaaa, 0x00102030);
            draw_text(picture, font, "Password:", x, y + 32, 0x00ff5500, 0x00102030);
            const auto grids = reader.read(picture.view());
            REQUIRE(grids.size() == 1);
            const auto found = grids[0].find("Password");
            REQUIRE(found);
            CHECK(found->where == Rect{x, y + 32, 64, 16});
            CHECK(grids[0].at(found->row, found->column).foreground == 0x00ff5500);
            CHECK(grids[0].at(found->row, found->column).background == 0x00102030);
            CHECK(grids[0].find("login: root"));
            CHECK_FALSE(grids[0].find("login: toor"));
            CHECK_FALSE(grids[0].find(""));
            CHECK(grids[0].unknown() == 0);
            CHECK(grids[0].known() == 19);
        }
    }

    TEST_CASE("every character of a full screen is read, inverse ones, too") {
        const BitmapFont font = random_font({9, 14}, 2);
        const TextReader reader = reader_of(font);
        Picture picture = plain({720, 350});
        std::string expected;
        oriel::test::Random random{3};
        for (uint32_t row = 0; row < 25; ++row) {
            std::string line;
            for (uint32_t column = 0; column < 80; ++column) {
                line.push_back(static_cast<char>(random.one_in(6) ? ' ' : '!' + random.below(94)));
            }
            line[79] = '#';
            const bool inverse = row % 5 == 4;
            draw_text(picture, font, line, 0, row * 14, inverse ? 0 : 0x00aaaaaa,
                      inverse ? 0x00aaaaaa : 0);
            expected += line + "\n";
        }
        const auto grids = reader.read(picture.view());
        REQUIRE(grids.size() == 1);
        CHECK(grids[0].columns() == 80);
        CHECK(grids[0].rows() == 25);
        CHECK(grids[0].text() == expected);
        const TextCell& inverse = grids[0].at(4, 79);
        CHECK(inverse.foreground == 0);
        CHECK(inverse.background == 0x00aaaaaa);
    }

    TEST_CASE("one pixel that is not as the font says makes the character unknown") {
        const BitmapFont font = random_font({8, 16});
        Picture picture = plain({160, 64});
        draw_text(picture, font, "kernel panic", 0, 16);
        picture.pixels[20 * 160 + 8 * 3 + 2] ^= 0x00ffffff;
        CHECK(reader_of(font).read(picture.view())[0].line(1) ==
              "ker\xef\xbf\xbd"
              "el panic");
        picture.pixels[20 * 160 + 8 * 3 + 2] = 0x00123456;
        CHECK(reader_of(font).read(picture.view())[0].unknown() == 1);
    }

    TEST_CASE("a cursor over a cell is seen through: turned rows, and full rows over a blank") {
        const BitmapFont font = random_font({8, 16});
        const TextReader reader = reader_of(font);
        Picture picture = plain({160, 32});
        draw_text(picture, font, "root@guest#", 0, 0);
        const Picture without = picture;
        for (uint32_t y = 14; y < 16; ++y) {
            for (uint32_t x = 8 * 4; x < 8 * 5; ++x) {
                uint32_t& pixel = picture.pixels[y * 160 + x];
                pixel = pixel == 0 ? 0x00aaaaaa : 0;
            }
        }
        CHECK(reader.read(picture.view())[0].line(0) == "root@guest#");
        picture = without;
        fill(picture, {8 * 12, 12, 8, 2}, 0x00aaaaaa);
        CHECK(reader.read(picture.view())[0].line(0) == "root@guest#");
        CHECK(reader.read(picture.view())[0].unknown() == 0);
    }

    TEST_CASE("a picture without text has none") {
        const TextReader reader = reader_of(random_font({8, 16}));
        CHECK(reader.read(plain({640, 400}).view()).empty());
        CHECK(reader.read(plain({4, 4}).view()).empty());
        CHECK(reader.read(test::desktop({640, 400}, 1).view()).empty());
        CHECK(reader.read(test::noise({200, 100}, 1, 2).view()).empty());
        CHECK(TextReader{{}}.read(test::desktop({64, 40}, 1).view()).empty());
    }

    TEST_CASE("text beside pictures, and text of two fonts at other places, is read") {
        const BitmapFont small = random_font({8, 16}, 4);
        const BitmapFont large = random_font({12, 24}, 5);
        Picture picture = test::desktop({800, 600}, 6);
        fill(picture, {50, 60, 400, 200}, 0);
        for (uint32_t row = 0; row < 10; ++row) {
            draw_text(picture, small, "the quick brown fox jumps over", 53, 67 + row * 16);
        }
        draw_text(picture, large, "Advanced options", 301, 450, 0x00ffffff, 0x00000080);
        const auto grids = TextReader{{large, small}}.read(picture.view());
        REQUIRE(grids.size() == 2);
        const auto quick = grids[0].find("quick brown");
        REQUIRE(quick);
        CHECK(quick->where == Rect{53 + 4 * 8, 67, 11 * 8, 16});
        const auto advanced = grids[1].find("Advanced options");
        REQUIRE(advanced);
        CHECK(advanced->where == Rect{301, 450, 16 * 12, 24});
    }

    TEST_CASE("a character that only another font of the same size has is read in its place") {
        const BitmapFont font = random_font({8, 16}, 1);
        const BitmapFont other = random_font({8, 16}, 2);
        // As a kernel's font, which is one of Debian's console but for some letters.
        BitmapFont mixed = font;
        for (size_t i = 0; i < mixed.glyphs.size(); ++i) {
            if (mixed.glyphs[i].character == 'f') {
                mixed.glyphs[i] = other.glyphs[i];
            }
        }
        Picture picture = plain({320, 100});
        draw_text(picture, mixed, "mount root fs on", 8, 16, 0x00aaaaaa, 0);
        draw_text(picture, mixed, "of a file", 8, 32, 0x00aaaaaa, 0);
        const auto grids = TextReader{{font, other}}.read(picture.view());
        REQUIRE(grids.size() == 1);
        CHECK(grids[0].unknown() == 0);
        CHECK(grids[0].find("mount root fs on"));
        CHECK(grids[0].find("of a file"));
    }

    TEST_CASE("a glyph and its inverse are told apart by what is beside them") {
        BitmapFont font = random_font({8, 16});
        std::vector<uint8_t> upper(16, 0);
        std::fill_n(upper.begin(), 8, uint8_t{0xff});
        std::vector<uint8_t> lower(16, 0xff);
        std::fill_n(lower.begin(), 8, uint8_t{0});
        font.glyphs.push_back({U'▀', upper});
        font.glyphs.push_back({U'▄', lower});
        Picture picture = plain({320, 32});
        draw_text(picture, font, "menu", 0, 0);
        test::draw(picture, font, U'▀', 32, 0, 0x00aaaaaa, 0);
        test::draw(picture, font, U'▄', 40, 0, 0x00aaaaaa, 0);
        CHECK(reader_of(font).read(picture.view())[0].line(0) == "menu▀▄");
    }

    TEST_CASE("a VGA's cells are text, exactly") {
        std::array<uint32_t, 16> colours{};
        for (uint32_t i = 0; i < 16; ++i) {
            colours[i] = i * 0x00111111;
        }
        std::vector<std::byte> cells;
        for (const char character : std::string_view{"C:\\> dir\xc4\xff  C:\\> \x01  "}) {
            cells.push_back(static_cast<std::byte>(character));
            cells.push_back(std::byte{0x9e});
        }
        const TextGrid grid = text_of_cells(cells, 10, {9, 16}, colours, false);
        CHECK(grid.rows() == 2);
        CHECK(grid.line(0) == "C:\\> dir─");
        CHECK(grid.line(1) == "  C:\\> ☺");
        CHECK(grid.text() == "C:\\> dir─\n  C:\\> ☺\n");
        CHECK(grid.at(0, 0).foreground == 0x00eeeeee);
        CHECK(grid.at(0, 0).background == 0x00999999);
        CHECK(text_of_cells(cells, 10, {9, 16}, colours, true).at(0, 0).background == 0x00111111);
        const auto found = grid.find("☺");
        REQUIRE(found);
        CHECK(found->where == Rect{7 * 9, 16, 9, 16});
        CHECK(text_of_cells(cells, 0, {9, 16}, colours, true).rows() == 0);
    }

    TEST_CASE("what EDK2's shell writes is read with the font of its firmware, cursor and all") {
        const auto font = read_font("/usr/share/OVMF/OVMF_CODE_4M.fd");
        if (!font) {
            std::cout << "SKIP " << font.error().message() << " (package ovmf)\n";
            return;
        }
        const auto picture = read_png(TEST_FOLDER "/match/screens/ovmf-shell.png");
        REQUIRE(picture.has_value());
        const auto grids = reader_of(*font).read(picture->view());
        REQUIRE(grids.size() == 1);
        CHECK(grids[0].unknown() == 0);
        CHECK(grids[0].find("UEFI v2.70 (EDK II, 0x00010000)"));
        const auto prompt = grids[0].find("Shell>");
        REQUIRE(prompt);
        CHECK(prompt->where == Rect{240, 238, 48, 19});
        CHECK(grids[0].at(prompt->row, prompt->column).foreground == 0x00ffff00);
    }

    TEST_CASE("what Linux' console writes is read with the font of its kernel") {
        const std::string kernel = cached_kernel();
        if (kernel.empty()) {
            std::cout << "SKIP the kernel of the end-to-end tests has not been fetched yet\n";
            return;
        }
        const auto font = read_font(kernel);
        if (!font && font.error().message().find("no liblzma") != std::string::npos) {
            std::cout << "SKIP " << font.error().message() << '\n';
            return;
        }
        REQUIRE(font.has_value());
        CHECK(font->name == "Linux");
        const auto picture = read_png(TEST_FOLDER "/match/screens/linux-panic.png");
        REQUIRE(picture.has_value());
        const auto grids = reader_of(*font).read(picture->view());
        REQUIRE(grids.size() == 1);
        CHECK(grids[0].unknown() == 0);
        CHECK(
            grids[0].find("Kernel panic - not syncing: VFS: Unable to mount root fs on "
                          "unknown-block(0,0)"));
        CHECK(grids[0].find("mask: 0xffffffffffffffff max_cycles: 0x1e367a2c57a"));
    }

    TEST_CASE("what SeaBIOS writes on our VGA is read with the font of its VGA BIOS") {
        const std::string rom = "/usr/share/seabios/vgabios-stdvga.bin";
        if (!std::filesystem::exists(rom)) {
            std::cout << "SKIP " << rom << " is not there (package seabios)\n";
            return;
        }
        const auto font = read_font(rom);
        REQUIRE(font.has_value());
        const TextReader reader{{*font, nine_dots(*font)}};
        const auto picture = read_png(TEST_FOLDER "/vga/reference/text-80.png");
        REQUIRE(picture.has_value());
        const auto grids = reader.read(picture->view());
        REQUIRE(grids.size() == 1);
        CHECK(grids[0].cell_size() == Size{9, 16});
        CHECK(grids[0].unknown() == 0);
        CHECK(grids[0].line(0).starts_with("┌─ Oriel"));
        CHECK(grids[0].line(4) == "  BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB");
        const auto typed = grids[0].find("typed");
        REQUIRE(typed);
        CHECK(typed->where == Rect{2 * 9, 18 * 16, 5 * 9, 16});
    }
}

}  // namespace
}  // namespace oriel::match
