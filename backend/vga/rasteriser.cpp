// SPDX-License-Identifier: MIT
#include "vga/rasteriser.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace oriel::vga {
namespace {

constexpr uint32_t kMostDots = 9;                // of a cell
constexpr uint32_t kMostPixels = 2 * kMostDots;  // of a unit

using Unit = std::array<uint32_t, kMostPixels>;

uint8_t byte_at(const std::byte* bytes, size_t index) {
    return std::to_integer<uint8_t>(bytes[index]);
}

/// Pixel k's bit in byte k.
constexpr std::array<uint64_t, 256> make_spread() {
    std::array<uint64_t, 256> table{};
    for (uint32_t value = 0; value < table.size(); ++value) {
        for (uint32_t k = 0; k < 8; ++k) {
            table[value] |= uint64_t{value >> (7 - k) & 1} << (8 * k);
        }
    }
    return table;
}

/// Pixel k's two bits in byte k, of four pixels.
constexpr std::array<uint32_t, 256> make_spread_pairs() {
    std::array<uint32_t, 256> table{};
    for (uint32_t value = 0; value < table.size(); ++value) {
        for (uint32_t k = 0; k < 4; ++k) {
            table[value] |= (value >> (6 - 2 * k) & 3) << (8 * k);
        }
    }
    return table;
}

constexpr std::array<uint64_t, 256> kSpread = make_spread();
constexpr std::array<uint32_t, 256> kSpreadPairs = make_spread_pairs();

/// What all cells of a line have in common.
class TextLine {
public:
    TextLine(const VgaPictureData& picture, const VgaLine& line)
        : picture_{picture},
          font_{picture.font.data() + line.row_scan},
          underlined_{line.row_scan == picture.underline_scan} {
        const auto& cursor = picture.cursor;
        if (cursor && cursor->row == line.row && line.row_scan >= cursor->first_scan &&
            line.row_scan <= cursor->last_scan) {
            cursor_column_ = cursor->column;
        }
    }

    void draw(uint32_t column, const std::byte* cell, uint32_t* pixels) const {
        const uint8_t character = byte_at(cell, 0);
        const uint8_t attribute = byte_at(cell, 1);
        const bool blinks = picture_.blink && (attribute & 0x80) != 0;
        const uint32_t background =
            picture_.colours[picture_.blink ? attribute >> 4 & 7 : attribute >> 4];
        uint32_t foreground = picture_.colours[attribute & 15];
        const size_t map = (attribute & 8) != 0 ? VgaPictureData::kFontMapBytes : 0;
        uint32_t dots = uint32_t{byte_at(font_, map + size_t{character} * 32)} << 1;
        if (picture_.line_graphics && (character & 0xe0) == 0xc0) {
            dots |= dots >> 1 & 1;
        }
        if (column == cursor_column_) {
            dots = kAllDots;
        } else {
            if (underlined_ && (attribute & 0x77) == 1) {
                dots = kAllDots;
            }
            if (blinks && picture_.blink_off) {
                foreground = background;
            }
        }
        // Without branches: half of them would be predicted wrongly.
        const uint32_t difference = foreground ^ background;
        for (uint32_t k = 0; k < 8; ++k) {
            pixels[k] = background ^ (difference & (0 - (dots >> (8 - k) & 1)));
        }
        if (picture_.glyph_width == 9) {
            pixels[8] = background ^ (difference & (0 - (dots & 1)));
        }
    }

private:
    static constexpr uint32_t kAllDots = 0x1ff;  // dot k is bit 8 - k

    const VgaPictureData& picture_;
    const std::byte* font_;
    bool underlined_;
    uint32_t cursor_column_ = UINT32_MAX;
};

void draw_planar(const VgaPictureData& picture, const std::byte* unit, uint32_t* pixels) {
    const uint64_t colours = kSpread[byte_at(unit, 0)] | kSpread[byte_at(unit, 1)] << 1 |
                             kSpread[byte_at(unit, 2)] << 2 | kSpread[byte_at(unit, 3)] << 3;
    for (uint32_t k = 0; k < 8; ++k) {
        pixels[k] = picture.colours[colours >> (8 * k) & 15];
    }
}

void draw_interleaved(const VgaPictureData& picture, const std::byte* unit, uint32_t* pixels) {
    for (uint32_t half = 0; half < 2; ++half) {
        const uint32_t colours =
            kSpreadPairs[byte_at(unit, half)] | kSpreadPairs[byte_at(unit, 2 + half)] << 2;
        for (uint32_t k = 0; k < 4; ++k) {
            pixels[4 * half + k] = picture.colours[colours >> (8 * k) & 15];
        }
    }
}

void draw_packed(const VgaPictureData& picture, const std::byte* unit, uint32_t* pixels) {
    for (uint32_t k = 0; k < 4; ++k) {
        pixels[k] = picture.colours[byte_at(unit, k)];
    }
}

/// Calls `draw(unit index, its bytes, room for its pixels)` for each unit that has one of the
/// pixels.
template <uint32_t kUnitPixels, uint32_t kUnitBytes, class Draw>
void draw_units(const std::byte* row, uint32_t first, uint32_t width, std::byte* pixels,
                Draw&& draw) {
    uint32_t index = first / kUnitPixels;
    uint32_t skip = first % kUnitPixels;
    while (width > 0) {
        Unit unit;
        draw(index, row + size_t{index} * kUnitBytes, unit.data());
        const uint32_t count = std::min(kUnitPixels - skip, width);
        if (count == kUnitPixels) {
            std::memcpy(pixels, unit.data(), kUnitPixels * sizeof(uint32_t));
        } else {
            std::memcpy(pixels, unit.data() + skip, count * sizeof(uint32_t));
        }
        pixels += count * sizeof(uint32_t);
        width -= count;
        skip = 0;
        ++index;
    }
}

template <uint32_t kDots>
void draw_text(const TextLine& text, uint32_t pixels_per_dot, const std::byte* row, uint32_t first,
               uint32_t width, std::byte* pixels) {
    if (pixels_per_dot == 1) {
        draw_units<kDots, 2>(row, first, width, pixels,
                             [&text](uint32_t column, const std::byte* cell, uint32_t* out) {
                                 text.draw(column, cell, out);
                             });
        return;
    }
    assert(pixels_per_dot == 2);
    draw_units<2 * kDots, 2>(row, first, width, pixels,
                             [&text](uint32_t column, const std::byte* cell, uint32_t* out) {
                                 std::array<uint32_t, kMostDots> dots;
                                 text.draw(column, cell, dots.data());
                                 for (uint32_t k = 0; k < kDots; ++k) {
                                     out[size_t{2} * k] = dots[k];
                                     out[size_t{2} * k + 1] = dots[k];
                                 }
                             });
}

}  // namespace

void rasterise(const VgaPictureData& picture, uint32_t x, uint32_t y, uint32_t width,
               std::byte* pixels) {
    assert(y < picture.lines.size() && uint64_t{x} + width <= picture.size.width);
    const VgaLine& line = picture.lines[y];
    const uint32_t first = x + uint32_t{line.pan} * picture.pixels_per_dot;
    assert(line.row < picture.rows);
    assert(uint64_t{first} + width <=
           uint64_t{picture.columns} * picture.pixels_per_unit() * picture.pixels_per_dot);
    const std::byte* row = picture.row(line.row);
    switch (picture.kind) {
        case VgaKind::kText: {
            assert(line.row_scan < 32 && picture.font.size() == 2 * VgaPictureData::kFontMapBytes);
            const TextLine text{picture, line};
            if (picture.glyph_width == 9) {
                draw_text<9>(text, picture.pixels_per_dot, row, first, width, pixels);
            } else {
                draw_text<8>(text, picture.pixels_per_dot, row, first, width, pixels);
            }
            break;
        }
        case VgaKind::kPlanar:
            draw_units<8, 4>(row, first, width, pixels,
                             [&picture](uint32_t, const std::byte* unit, uint32_t* out) {
                                 draw_planar(picture, unit, out);
                             });
            break;
        case VgaKind::kInterleaved:
            draw_units<8, 4>(row, first, width, pixels,
                             [&picture](uint32_t, const std::byte* unit, uint32_t* out) {
                                 draw_interleaved(picture, unit, out);
                             });
            break;
        case VgaKind::kPacked:
            draw_units<4, 4>(row, first, width, pixels,
                             [&picture](uint32_t, const std::byte* unit, uint32_t* out) {
                                 draw_packed(picture, unit, out);
                             });
            break;
    }
}

}  // namespace oriel::vga
