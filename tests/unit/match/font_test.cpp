// SPDX-License-Identifier: MIT
#include "match/console_font.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "font_files.h"
#include "support/temp_dir.h"

namespace oriel::match {
namespace {

const Glyph* glyph_of(const BitmapFont& font, char32_t character) {
    const auto found =
        std::find_if(font.glyphs.begin(), font.glyphs.end(),
                     [&](const Glyph& glyph) { return glyph.character == character; });
    return found != font.glyphs.end() ? &*found : nullptr;
}

std::vector<uint8_t> rows_of(const BitmapFont& font, char32_t character) {
    const Glyph* glyph = glyph_of(font, character);
    REQUIRE(glyph != nullptr);
    return glyph->rows;
}

std::string packed(const std::vector<std::byte>& bytes) {
    z_stream stream{};
    REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(bytes.size() + 1000, '\0');
    std::vector<std::byte> in = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

std::string text_of(const std::vector<std::byte>& bytes) {
    std::string text(bytes.size(), '\0');
    std::transform(bytes.begin(), bytes.end(), text.begin(),
                   [](std::byte byte) { return static_cast<char>(byte); });
    return text;
}

bool installed(const std::string& file, const std::string& package) {
    if (std::filesystem::exists(file)) {
        return true;
    }
    std::cout << "SKIP " << file << " is not there (package " << package << ")\n";
    return false;
}

TEST_SUITE("fonts") {
    TEST_CASE("a PSF 1 without a table is in the order of code page 437") {
        const auto font = parse_psf(test::psf1(false));
        REQUIRE(font.has_value());
        CHECK(font->cell == Size{8, 4});
        CHECK(font->glyphs.size() == 256);
        CHECK(rows_of(*font, 'A') == std::vector<uint8_t>(4, 'A'));
        CHECK(rows_of(*font, U'█') == std::vector<uint8_t>(4, 0xdb));
    }

    TEST_CASE("a glyph of several characters is the smallest of them, and no sequence") {
        const auto font = parse_psf(test::psf1(true));
        REQUIRE(font.has_value());
        REQUIRE(font->glyphs.size() == 1);
        CHECK(font->glyphs[0].character == 'A');
        CHECK(font->glyphs[0].rows == std::vector<uint8_t>(4, 1));
    }

    TEST_CASE("a PSF 2 has any width, a longer header and a table of UTF-8") {
        const auto font = parse_psf(test::psf2());
        REQUIRE(font.has_value());
        CHECK(font->cell == Size{12, 3});
        CHECK(font->row_bytes() == 2);
        REQUIRE(font->glyphs.size() == 2);
        CHECK(rows_of(*font, U'€') == std::vector<uint8_t>{0xff, 0xf0, 0x80, 0x10, 0xff, 0xf0});
        CHECK(rows_of(*font, 'x') == std::vector<uint8_t>(6, 0xaa));
    }

    TEST_CASE("GRUB's glyphs are put where GRUB draws them; wider ones are left out") {
        const auto font = parse_pf2(test::pf2());
        REQUIRE(font.has_value());
        CHECK(font->name == "Test");
        CHECK(font->cell == Size{8, 6});
        REQUIRE(font->glyphs.size() == 1);
        // Base line 4, one dot above it: the two rows end at row 3.
        CHECK(rows_of(*font, 'A') == std::vector<uint8_t>{0, 0x28, 0x18, 0, 0, 0});
    }

    TEST_CASE(
        "a font that is cut off anywhere is an error, or has fewer glyphs, and nothing else") {
        for (const auto& whole : {test::psf1(true), test::psf2(), test::pf2()}) {
            for (size_t length = 0; length < whole.size(); ++length) {
                const std::vector<std::byte> cut(whole.begin(),
                                                 whole.begin() + static_cast<ptrdiff_t>(length));
                for (const auto& font : {parse_psf(cut), parse_pf2(cut)}) {
                    if (!font) {
                        CHECK_FALSE(font.error().message().empty());
                    }
                }
            }
        }
    }

    TEST_CASE("glyphs larger than a cell may be, and counts that lie, are refused") {
        std::vector<std::byte> font = test::psf2();
        const auto with = [&](size_t at, unsigned value) {
            std::vector<std::byte> changed = font;
            changed[at] = static_cast<std::byte>(value);
            return parse_psf(changed).error().message();
        };
        CHECK(with(28, 65) == "its glyphs are 65x3");
        CHECK(with(24, 0) == "its glyphs are 12x0");
        CHECK(with(20, 7) == "its glyphs of 12x3 have 7 bytes");
        CHECK(with(19, 0x7f) == "it is cut off");
        CHECK(with(11, 0x7f) == "it is cut off");
        CHECK(with(0, 0) == "it is no font of the Linux console");
    }

    TEST_CASE("a font's file may be packed, and an error names it") {
        const oriel::test::TempDir folder;
        const std::string path = folder.file("font.psf.gz");
        const auto write = [&](const std::string& bytes) {
            std::ofstream{path, std::ios::binary} << bytes;
            return read_font(path);
        };
        const std::string whole = packed(test::psf2());
        const auto font = write(whole);
        REQUIRE(font.has_value());
        CHECK(font->name == "font.psf.gz");
        CHECK(font->glyphs.size() == 2);
        CHECK(write(text_of(test::pf2()))->name == "Test");
        CHECK(write(whole.substr(0, whole.size() - 9))
                  .error()
                  .message()
                  .starts_with("read " + path + ": it is damaged"));
        // A file that claims less than it holds.
        std::string lies = whole;
        lies[lies.size() - 4] = 1;
        CHECK_FALSE(write(lies).has_value());
        CHECK(write("hello").error().message() ==
              "read " + path + ": it is no font of the Linux console");
        CHECK(read_font(folder.file("none"))
                  .error()
                  .message()
                  .ends_with("No such file or directory"));
        CHECK(read_font("/dev/zero").error().message() == "read /dev/zero: it is not a plain file");
    }

    TEST_CASE("firmware and kernels that are cut off or lie about sizes are refused") {
        std::vector<std::byte> image(4096);
        CHECK(parse_linux(image).error().message().find('\n') == std::string::npos);
        const auto put = [&](size_t at, std::initializer_list<unsigned> bytes) {
            for (const unsigned byte : bytes) {
                image[at++] = static_cast<std::byte>(byte);
            }
        };
        const auto refused = [&] {
            return !parse_linux(image).has_value() && !parse_edk2(image).has_value();
        };
        // A payload that begins or ends beyond the file.
        put(0x248, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
        CHECK(refused());
        // One that claims 4 GiB, and one that is no xz.
        put(0x248, {0, 0, 0, 0, 100, 0, 0, 0});
        put(512, {0xfd, '7', 'z', 'X', 'Z', 0});
        put(512 + 96, {0xff, 0xff, 0xff, 0xff});
        CHECK(refused());
        put(512 + 96, {0, 16, 0, 0});
        CHECK(refused());
        // A section of a firmware whose data is beyond it, and one of 63 MiB of nothing.
        put(100, {0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42, 0x9d, 0x6e, 0xdc, 0x7b, 0xd7,
                  0x94, 0x03, 0xcf, 0xff, 0xff});
        CHECK(refused());
        put(116, {24, 0});
        put(120 + 5, {0, 0, 0xf0, 3, 0, 0, 0, 0});
        CHECK(refused());
        CHECK_FALSE(parse_edk2(std::span{image}.first(110)).has_value());
        CHECK_FALSE(parse_vga_bios(image).has_value());
    }

    TEST_CASE("a small file that claims to unpack to much takes no memory for that") {
        // A bzImage whose payload is an xz file's first bytes, and says that it is 120 MiB.
        std::vector<std::byte> image(1024);
        const std::array<uint8_t, 8> place{0, 0, 0, 0, 100, 0, 0, 0};
        const std::array<uint8_t, 6> xz{0xfd, '7', 'z', 'X', 'Z', 0};
        std::memcpy(image.data() + 0x248, place.data(), place.size());
        std::memcpy(image.data() + 512, xz.data(), xz.size());
        image[512 + 99] = std::byte{0x07};
        image[512 + 98] = std::byte{0x80};
        const auto touched_pages = [] {
            rusage used{};
            ::getrusage(RUSAGE_SELF, &used);
            return used.ru_minflt;
        };
        const auto before = touched_pages();
        CHECK(parse_linux(image).error().message() == "this kernel is damaged");
        CHECK(touched_pages() - before < 8192);
    }

    TEST_CASE("the ninth dot repeats the eighth for line graphics only") {
        BitmapFont narrow{.name = "test", .cell = {8, 16}, .glyphs = {}};
        for (const char32_t character : {U'A', U'─', U'α'}) {
            narrow.glyphs.push_back({character, std::vector<uint8_t>(16, 0x81)});
        }
        const BitmapFont font = nine_dots(narrow);
        CHECK(font.cell == Size{9, 16});
        CHECK(font.glyphs.size() == 3);
        CHECK(rows_of(font, 'A')[0] == 0x81);
        CHECK(rows_of(font, 'A')[1] == 0);
        CHECK(rows_of(font, U'─')[1] == 0x80);
        CHECK(rows_of(font, U'α')[1] == 0);
    }

    TEST_CASE("code page 437 has a character for each code") {
        CHECK(from_code_page_437(0) == ' ');
        CHECK(from_code_page_437(1) == U'☺');
        CHECK(from_code_page_437('~') == '~');
        CHECK(from_code_page_437(0x7f) == U'⌂');
        CHECK(from_code_page_437(0xb0) == U'░');
        CHECK(from_code_page_437(0xc4) == U'─');
        CHECK(from_code_page_437(0xe1) == U'ß');
        CHECK(from_code_page_437(0xfe) == U'■');
        CHECK(from_code_page_437(0xff) == 0xa0);
    }

    TEST_CASE("the fonts of Debian's packages are read") {
        const struct {
            const char* file;
            const char* package;
            Size cell;
            size_t fewest;
        } fonts[] = {
            {"/usr/share/consolefonts/Lat15-Fixed16.psf.gz", "console-setup-linux", {8, 16}, 200},
            {"/usr/share/consolefonts/Lat15-VGA16.psf.gz", "console-setup-linux", {8, 16}, 200},
            {"/usr/share/consolefonts/Lat15-TerminusBold32x16.psf.gz",
             "console-setup-linux",
             {16, 32},
             200},
            {"/usr/share/grub/unicode.pf2", "grub-common", {8, 16}, 1000},
            {"/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf", {8, 19}, 200},
            {"/usr/share/seabios/vgabios-stdvga.bin", "seabios", {8, 16}, 256},
        };
        for (const auto& each : fonts) {
            if (!installed(each.file, each.package)) {
                continue;
            }
            CAPTURE(each.file);
            const auto font = read_font(each.file);
            if (!font && font.error().message().find("no liblzma") != std::string::npos) {
                std::cout << "SKIP " << font.error().message() << '\n';
                continue;
            }
            REQUIRE(font.has_value());
            CHECK(font->cell == each.cell);
            CHECK(font->glyphs.size() >= each.fewest);
            // An H: two upright strokes in most rows, and one between them.
            const std::vector<uint8_t> rows = rows_of(*font, 'H');
            CHECK(std::count(rows.begin(), rows.end(), 0) * 2 <
                  static_cast<ptrdiff_t>(rows.size()));
            CHECK(rows_of(*font, 'H') != rows_of(*font, 'I'));
        }
    }
}

}  // namespace
}  // namespace oriel::match
