// SPDX-License-Identifier: MIT
#include "screen_wait/text_check.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "match/console_font.h"
#include "match/png.h"
#include "screen_wait/wait.h"
#include "support/temp_dir.h"
#include "watched_vm_double.h"

namespace oriel::app {
namespace {

using test::VmDouble;

constexpr const char* kFont = "/usr/share/seabios/vgabios-stdvga.bin";

/// A font without any glyph that a screen shows: nothing is read by it.
ScreenFonts useless_font(const test::TempDir& folder) {
    std::string font{"\x36\x04\x00\x08", 4};
    font.resize(4 + 256 * 8, '\x55');
    std::ofstream{folder.file("own.psf")} << font;
    return ScreenFonts{{folder.file("own.psf")}};
}

match::TextGrid grid_of(const std::string& text) {
    match::TextGrid grid{{9, 16}, {}, 80, 25};
    for (uint32_t i = 0; i < text.size(); ++i) {
        grid.at(3, 2 + i).character = static_cast<char32_t>(text[i]);
    }
    return grid;
}

/// Letters of the VGA's font, so much larger that no exact font has them; false without the font.
bool write_large(match::Picture& picture, std::string_view text, Point at, uint32_t times) {
    const auto font = match::read_font(kFont);
    if (!font) {
        return false;
    }
    auto x = static_cast<uint32_t>(at.x);
    for (const char character : text) {
        for (const match::Glyph& glyph : font->glyphs) {
            for (uint32_t i = 0; glyph.character == static_cast<char32_t>(character) && i < 128;
                 ++i) {
                if ((glyph.rows[i / 8] >> (7 - i % 8) & 1) != 0) {
                    match::fill(picture,
                                {x + i % 8 * times, static_cast<uint32_t>(at.y) + i / 8 * times,
                                 times, times},
                                0xffffff);
                }
            }
        }
        x += 8 * times;
    }
    return true;
}

TEST_SUITE("texts on screens") {
    TEST_CASE("a text mode's characters are read from its memory, whatever its font looks like") {
        const test::TempDir folder;
        ScreenFonts fonts = useless_font(folder);
        VmDouble vm{Size{720, 400}};
        auto waiter = Waiter::make(vm, 0, TextCondition{.text = "login:", .pattern = {}}, fonts);
        REQUIRE(waiter);
        CHECK_FALSE(waiter->look().ok);
        vm.cells = grid_of("debian login:");
        ++vm.frames;
        const WaitOutcome found = waiter->look();
        CHECK(found.ok);
        CHECK(found.verdict->where == Rect{9 * 9, 3 * 16, 6 * 9, 16});
        vm.cells = grid_of("panic");
        ++vm.frames;
        CHECK(waiter->look().message == "it is not there; the last line is '  panic'");
        auto pattern = Waiter::make(
            vm, 0, TextCondition{.text = {}, .pattern = *Pattern::compile("^ +pa.ic$")}, fonts);
        CHECK(pattern->look().ok);
    }

    TEST_CASE("what no font explains is read by tesseract where that is wanted, with its place") {
        const test::TempDir folder;
        ScreenFonts fonts = useless_font(folder);
        VmDouble vm{Size{640, 120}};
        if (!write_large(vm.shown, "Install Debian", {40, 30}, 3) ||
            !std::filesystem::exists("/usr/bin/tesseract")) {
            std::cout << "SKIP tesseract or seabios is not installed\n";
            return;
        }
        TextCondition text{.text = "Debian", .pattern = {}};
        CHECK_FALSE(Waiter::make(vm, 0, text, fonts)->look().ok);
        text.ocr = true;
        const WaitOutcome found = Waiter::make(vm, 0, text, fonts)->look();
        CAPTURE(found.message);
        REQUIRE(found.ok);
        CHECK(found.message == "tesseract reads 'Debian'");
        CHECK(found.verdict->where->x > 40 + 7 * 24);
        CHECK(found.verdict->where->right() <= 40 + 14 * 24);
        text.text = "Gentoo";
        const WaitOutcome missing = Waiter::make(vm, 0, text, fonts)->look();
        CHECK_FALSE(missing.ok);
        CHECK(missing.message.starts_with("it is not there; tesseract reads 'Install"));
    }

    TEST_CASE("without tesseract there is one line that names the package") {
        const test::TempDir folder;
        ScreenFonts fonts = useless_font(folder);
        VmDouble vm{Size{64, 64}};
        const std::string path = std::getenv("PATH");
        REQUIRE(::setenv("PATH", folder.file("none").c_str(), 1) == 0);
        const auto outcome =
            Waiter::make(vm, 0, TextCondition{.text = "a", .pattern = {}, .ocr = true}, fonts)
                ->look();
        REQUIRE(::setenv("PATH", path.c_str(), 1) == 0);
        CHECK_FALSE(outcome.ok);
        CHECK(outcome.message ==
              "no text can be read from pictures (package tesseract-ocr): start tesseract: No such "
              "file or directory");
    }

    TEST_CASE("a needle's areas for texts are read when it matches") {
        const test::TempDir folder;
        ScreenFonts fonts;
        VmDouble vm{Size{640, 120}};
        if (!write_large(vm.shown, "Install", {40, 30}, 3) ||
            !std::filesystem::exists("/usr/bin/tesseract")) {
            std::cout << "SKIP tesseract or seabios is not installed\n";
            return;
        }
        REQUIRE(match::write_png(folder.file("boot.png"), vm.shown.view()));
        std::ofstream{folder.file("boot.json")} << R"({"tags": ["start"], "area": [
            {"xpos": 0, "ypos": 0, "width": 200, "height": 100, "type": "match"},
            {"xpos": 20, "ypos": 10, "width": 300, "height": 90, "type": "ocr"}]})";
        const NeedleCondition tagged{.files = {}, .folder = folder.file(""), .tag = "start"};
        auto waiter = Waiter::make(vm, 0, tagged, fonts);
        REQUIRE(waiter);
        const WaitOutcome outcome = waiter->look();
        CHECK(outcome.ok);
        CHECK(outcome.message == "needle boot matches; the text at 20,10 is 'Install'");
        vm.paint(0xffffff);
        CHECK(waiter->look().message.find("the text") == std::string::npos);
        CHECK_FALSE(Waiter::make(
            vm, 0, NeedleCondition{.files = {}, .folder = folder.file(""), .tag = "end"}, fonts));
    }
}

}  // namespace
}  // namespace oriel::app
