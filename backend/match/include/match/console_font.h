// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"

namespace oriel::match {

/// A character's picture in a font of fixed cells.
struct Glyph {
    char32_t character = 0;
    /// A row after another, each in as many bytes as it needs, the leftmost dot in bit 7.
    std::vector<uint8_t> rows;
};

/// A console's font: every glyph as large as a cell. Characters that look alike have one glyph
/// each; who looks one up gets the first.
struct BitmapFont {
    std::string name;
    Size cell;  ///< at most kMaxCellSide a side
    std::vector<Glyph> glyphs;

    [[nodiscard]] uint32_t row_bytes() const { return (cell.width + 7) / 8; }
};

constexpr uint32_t kMaxCellSide = 64;
constexpr size_t kMaxGlyphs = 65536;        ///< of a font; those beyond are left out
constexpr size_t kMaxFontBytes = 16 << 20;  ///< of a font's file, unpacked

/// A font of the Linux console, PSF 1 or 2. A font without a Unicode table is in the order of code
/// page 437.
[[nodiscard]] Result<BitmapFont> parse_psf(std::span<const std::byte> bytes);

/// A font of GRUB's (PFF2). Only what is as wide as the font's letters is taken.
[[nodiscard]] Result<BitmapFont> parse_pf2(std::span<const std::byte> bytes);

/// The letters of EDK2's console (OVMF) out of a firmware image, where they lie in its compressed
/// volume: 8x19. A build without liblzma says that it can't.
[[nodiscard]] Result<BitmapFont> parse_edk2(std::span<const std::byte> firmware);

/// The font of 8x16 in a VGA BIOS image, in the order of code page 437.
[[nodiscard]] Result<BitmapFont> parse_vga_bios(std::span<const std::byte> rom);

/// A font of 8 dots with 9, as a VGA makes the last one: what VGA's text mode 80x25 shows on
/// 720x400.
[[nodiscard]] BitmapFont nine_dots(const BitmapFont& font);

/// The font of 8x16 that a Linux kernel has built in (its messages are written with it; some
/// letters are not as in the VGA's), out of a bzImage packed by xz, as Debian 12's. A build without
/// liblzma says that it can't.
[[nodiscard]] Result<BitmapFont> parse_linux(std::span<const std::byte> kernel);

/// Any of the files above, also packed by gzip. The error names the file.
[[nodiscard]] Result<BitmapFont> read_font(const std::string& path);

/// Code page 437, as the VGA's and the PC's firmware have it; control characters are its pictures.
[[nodiscard]] char32_t from_code_page_437(uint8_t code);

}  // namespace oriel::match
