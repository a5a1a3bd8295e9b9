// SPDX-License-Identifier: MIT
#include "ocr/ocr_process.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "match/console_text.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

// Real processes need real time.
struct OcrRig final : OcrReceiver {
    explicit OcrRig(const std::string& name) : program{name}, ocr{loop, *this, name} {}

    /// A program that does what `script` says with $1, the picture, and $2, the text's name.
    OcrRig(const oriel::test::TempDir& folder, const std::string& script)
        : OcrRig{folder.file("ocr")} {
        std::ofstream{program} << "#!/bin/sh\n" << script << '\n';
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    }

    void text_read(Result<OcrText> read) override { text = std::move(read); }
    Result<OcrText> wait() {
        const TimePoint until = clock.now() + Nanoseconds{60'000'000'000};
        while (!text && clock.now() < until) {
            loop.dispatch(Nanoseconds{100'000'000});
        }
        REQUIRE(text);
        CHECK_FALSE(ocr.running());
        return *text;
    }

    SystemClock clock;
    EventLoop loop{clock};
    std::string program;
    std::optional<Result<OcrText>> text;
    OcrProcess ocr;
};

match::Picture dark(Size size) {
    return {size, std::vector<uint32_t>(size.area())};
}

TEST_SUITE("ocr") {
    TEST_CASE("what the program writes is the text, cut at a bound, and its files are gone") {
        const oriel::test::TempDir folder;
        OcrRig rig{folder, "test -s \"$1\" || exit 1; echo \"$1\" > " + folder.file("seen") +
                               "; (printf '5\\t1\\t1\\t1\\t1\\t1\\t3\\t6\\t30\\t9\\t90\\tword\\n'; "
                               "head -c 1000000 /dev/zero) > \"$2.tsv\""};
        REQUIRE(rig.ocr.start(dark({20, 10}).view()).has_value());
        CHECK(rig.ocr.running());
        const auto text = rig.wait();
        REQUIRE(text.has_value());
        CHECK(text->text() == "word");
        CHECK(text->place(0, 1) == Rect{1, 2, 10, 3});
        std::string picture;
        std::getline(std::ifstream{folder.file("seen")}, picture);
        CHECK(picture.ends_with("picture.png"));
        CHECK_FALSE(std::filesystem::exists(picture));
        // Another picture can follow.
        rig.text.reset();
        CHECK(rig.ocr.start(dark({20, 10}).view()).has_value());
        CHECK(rig.wait().has_value());
    }

    TEST_CASE("a program that is not installed is one line that names the package") {
        OcrRig rig{"/no/such/tesseract"};
        const auto started = rig.ocr.start(dark({20, 10}).view());
        REQUIRE_FALSE(started.has_value());
        CHECK(started.error().message().starts_with(
            "no text can be read from pictures (package tesseract-ocr): "));
        CHECK_FALSE(rig.ocr.running());
    }

    TEST_CASE("a program that fails, or writes nothing, is an error") {
        const oriel::test::TempDir folder;
        OcrRig fails{folder, "exit 3"};
        REQUIRE(fails.ocr.start(dark({20, 10}).view()).has_value());
        CHECK(fails.wait().error().message().ends_with("ended with status 3"));
        OcrRig silent{folder, "exit 0"};
        REQUIRE(silent.ocr.start(dark({20, 10}).view()).has_value());
        CHECK(silent.wait().error().message().ends_with("text.tsv: No such file or directory"));
    }

    TEST_CASE("tesseract reads a console's text, if it is installed") {
        const auto font = match::read_font("/usr/share/seabios/vgabios-stdvga.bin");
        if (!font || !std::filesystem::exists("/usr/bin/tesseract")) {
            std::cout << "SKIP tesseract or seabios is not installed\n";
            return;
        }
        match::Picture picture = dark({200, 40});
        uint32_t x = 20;
        for (const char character : std::string_view{"Welcome to Debian"}) {
            for (const match::Glyph& glyph : font->glyphs) {
                for (uint32_t i = 0; glyph.character == static_cast<char32_t>(character) && i < 128;
                     ++i) {
                    const bool set = (glyph.rows[i / 8] >> (7 - i % 8) & 1) != 0;
                    picture.pixels[(12 + i / 8) * 200 + x + i % 8] = set ? 0x00ffffff : 0;
                }
            }
            x += 8;
        }
        OcrRig rig{"tesseract"};
        REQUIRE(rig.ocr.start(picture.view()).has_value());
        const auto text = rig.wait();
        REQUIRE(text.has_value());
        CAPTURE(text->text());
        const auto place = text->find("Debian");
        REQUIRE(place);
        // The last six characters of 8x16, within what a guess may be off.
        const Rect where = text->place(place->begin, place->end);
        CHECK(where.x >= 20 + 10 * 8);
        CHECK(where.x <= 20 + 12 * 8);
        CHECK(where.right() <= 20 + 18 * 8);
        CHECK(where.y >= 8);
        CHECK(where.bottom() <= 32);
    }
}

}  // namespace
}  // namespace oriel::app
