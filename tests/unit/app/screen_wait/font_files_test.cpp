// SPDX-License-Identifier: MIT
#include "screen_wait/font_files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

/// A font of the Linux console: 256 glyphs of 8x1.
void write_font(const std::string& path) {
    std::string font{"\x36\x04\x00\x01", 4};
    for (int glyph = 0; glyph < 256; ++glyph) {
        font += static_cast<char>(glyph);
    }
    std::ofstream{path} << font;
}

TEST_SUITE("fonts for texts on screens") {
    TEST_CASE("they are read once, for the first text") {
        const test::TempDir folder;
        const std::string file = folder.file("own.psf");
        ScreenFonts fonts{{file}};
        write_font(file);
        const auto first = fonts.reader();
        REQUIRE(first);
        std::filesystem::remove(file);
        const auto second = fonts.reader();
        REQUIRE(second);
        CHECK(*first == *second);
    }

    TEST_CASE("one that can't be read is told, each time, until it can") {
        const test::TempDir folder;
        const std::string file = folder.file("own.psf");
        ScreenFonts fonts{{file}};
        REQUIRE_FALSE(fonts.reader());
        CHECK(fonts.reader().error().message().find("own.psf") != std::string::npos);
        write_font(file);
        CHECK(fonts.reader());
    }
}

}  // namespace
}  // namespace oriel::app
