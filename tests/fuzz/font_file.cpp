// SPDX-License-Identifier: MIT
// Any file as a font: refused in one line, or glyphs that are all as large as a cell.
#include <unistd.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/memfd.h"
#include "core/unique_fd.h"
#include "harness.h"
#include "match/console_font.h"
#include "unit/match/font_files.h"

namespace {

using oriel::test::require;
using namespace oriel::match;

void check(const oriel::Result<BitmapFont>& font) {
    if (!font) {
        require(!font.error().message().empty());
        require(font.error().message().find('\n') == std::string::npos);
        return;
    }
    require(!font->cell.empty());
    require(font->cell.width <= kMaxCellSide && font->cell.height <= kMaxCellSide);
    require(font->glyphs.size() <= kMaxGlyphs);
    for (const Glyph& glyph : font->glyphs) {
        require(glyph.rows.size() == size_t{font->row_bytes()} * font->cell.height);
        require(glyph.character <= 0x10ffff);
    }
    if (font->cell.width == 8) {
        require(nine_dots(*font).glyphs.size() == font->glyphs.size());
    }
}

void parse_all(const std::vector<std::byte>& file) {
    check(parse_psf(file));
    check(parse_pf2(file));
    check(parse_edk2(file));
    check(parse_linux(file));
    check(parse_vga_bios(file));
}

/// As a file, whatever kind it is of, packed or not.
void read_file(std::span<const std::byte> bytes) {
    const oriel::UniqueFd file =
        oriel::create_memfd("font", bytes.size(), oriel::MemfdSeals::kNone).value();
    // A memfd is whole pages long, and a packed file ends with its size.
    if (::ftruncate(file.get(), static_cast<off_t>(bytes.size())) == 0 &&
        ::pwrite(file.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
        check(read_font("/proc/self/fd/" + std::to_string(file.get())));
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    parse_all({bytes.begin(), bytes.end()});
    read_file(bytes);
    // Random bytes are hardly ever a font: change some of good ones.
    for (std::vector<std::byte> file :
         {match::test::psf1(true), match::test::psf2(), match::test::pf2()}) {
        for (size_t i = 0; i + 2 < size && i < 12; i += 3) {
            file[(data[i] * 256U + data[i + 1]) % file.size()] =
                static_cast<std::byte>(data[i + 2]);
        }
        file.resize(file.size() - (size > 1 && data[0] % 4 == 0 ? data[1] % file.size() : 0));
        parse_all(file);
        read_file(file);
    }
}
