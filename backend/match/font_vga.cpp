// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "glyph_of.h"
#include "packed_firmware.h"

#include "match/console_font.h"

namespace oriel::match {
namespace {

/// The dot 8 of these repeats dot 7 on a VGA ("line graphics").
bool is_line_graphics(char32_t character) {
    for (unsigned code = 0xc0; code <= 0xdf; ++code) {
        if (from_code_page_437(static_cast<uint8_t>(code)) == character) {
            return true;
        }
    }
    return false;
}

/// The picture of character 1, which every VGA BIOS has: a face.
constexpr std::array<uint8_t, 16> kFace{0x00, 0x00, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd,
                                        0x99, 0x81, 0x81, 0x7e, 0x00, 0x00, 0x00, 0x00};

/// A table of 256 characters of 8x16 that is anywhere in these bytes, in the order of code page
/// 437.
std::optional<BitmapFont> font_in_order(std::span<const std::byte> bytes, const char* name) {
    constexpr size_t kHeight = 16;
    const auto face =
        std::search(bytes.begin(), bytes.end(), kFace.begin(), kFace.end(),
                    [](std::byte a, uint8_t b) { return std::to_integer<uint8_t>(a) == b; });
    const auto at = static_cast<size_t>(face - bytes.begin());
    if (at < kHeight || bytes.size() - (at - kHeight) < 256 * kHeight) {
        return std::nullopt;
    }
    BitmapFont font{.name = name, .cell = {8, kHeight}};
    font.glyphs.reserve(256);
    for (size_t code = 0; code < 256; ++code) {
        font.glyphs.push_back(glyph_of(from_code_page_437(static_cast<uint8_t>(code)),
                                       bytes.subspan(at - kHeight + code * kHeight, kHeight)));
    }
    return font;
}

}  // namespace

BitmapFont nine_dots(const BitmapFont& font) {
    assert(font.cell.width == 8);
    BitmapFont wide{.name = font.name + " (9 dots)", .cell = {9, font.cell.height}};
    wide.glyphs.reserve(font.glyphs.size());
    for (const Glyph& glyph : font.glyphs) {
        const bool repeats = is_line_graphics(glyph.character);
        Glyph wider{.character = glyph.character, .rows = {}};
        wider.rows.reserve(glyph.rows.size() * 2);
        for (const uint8_t row : glyph.rows) {
            wider.rows.push_back(row);
            wider.rows.push_back(repeats && (row & 1) != 0 ? 0x80 : 0);
        }
        wide.glyphs.push_back(std::move(wider));
    }
    return wide;
}

Result<BitmapFont> parse_linux(std::span<const std::byte> kernel) {
    const auto unpacked = unpacked_kernel(kernel);
    if (!unpacked) {
        return tl::unexpected(unpacked.error());
    }
    auto font = font_in_order(*unpacked, "Linux");
    if (!font) {
        return host_error("no font of 8x16 is in this kernel");
    }
    return std::move(*font);
}

Result<BitmapFont> parse_vga_bios(std::span<const std::byte> rom) {
    auto font = font_in_order(rom, "VGA BIOS");
    if (!font) {
        return host_error("no font of 8x16 is in this VGA BIOS");
    }
    return std::move(*font);
}

}  // namespace oriel::match
