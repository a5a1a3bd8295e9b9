// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string_view>

#include "core/byte_reader.h"
#include "font_magic.h"
#include "match/console_font.h"

namespace oriel::match {
namespace {

/// PFF2 is big-endian.
template <class T>
std::optional<T> read_big(ByteReader& reader) {
    const auto value = reader.read<T>();
    if (!value) {
        return std::nullopt;
    }
    if constexpr (sizeof(T) == 2) {
        return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(*value)));
    } else {
        return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(*value)));
    }
}

/// What GRUB's loader keeps of a font's sections.
struct PffFont {
    std::span<const std::byte> file;
    std::string name;
    uint16_t height = 0;  ///< of the tallest glyph: GRUB's rows are so high
    uint16_t ascent = 0;
    std::span<const std::byte> index;
};

struct PffGlyph {
    uint16_t width = 0;
    uint16_t height = 0;
    int16_t x = 0;
    int16_t y = 0;
    int16_t advance = 0;
    std::span<const std::byte> bits;
};

constexpr size_t kIndexEntry = 9;  // code point, flags, offset

std::optional<PffFont> read_sections(std::span<const std::byte> bytes) {
    PffFont font{.file = bytes};
    ByteReader reader{bytes};
    while (const auto tag = reader.take(4)) {
        const std::string_view name{reinterpret_cast<const char*>(tag->data()), 4};
        const auto length = read_big<uint32_t>(reader);
        if (!length || name == "DATA") {
            break;
        }
        const auto section = reader.take(*length);
        if (!section) {
            return std::nullopt;
        }
        ByteReader content{*section};
        if (name == "NAME") {
            font.name.assign(reinterpret_cast<const char*>(section->data()), section->size());
            font.name.resize(std::min(font.name.find('\0'), font.name.size()));
        } else if (name == "MAXH") {
            font.height = read_big<uint16_t>(content).value_or(0);
        } else if (name == "ASCE") {
            font.ascent = read_big<uint16_t>(content).value_or(0);
        } else if (name == "CHIX") {
            font.index = *section;
        }
    }
    return font;
}

std::optional<PffGlyph> read_glyph(const PffFont& font, uint32_t offset) {
    if (offset > font.file.size()) {
        return std::nullopt;
    }
    ByteReader reader{font.file.subspan(offset)};
    PffGlyph glyph;
    for (uint16_t* side : {&glyph.width, &glyph.height}) {
        const auto value = read_big<uint16_t>(reader);
        if (!value) {
            return std::nullopt;
        }
        *side = *value;
    }
    for (int16_t* number : {&glyph.x, &glyph.y, &glyph.advance}) {
        const auto value = read_big<int16_t>(reader);
        if (!value) {
            return std::nullopt;
        }
        *number = *value;
    }
    const auto bits = reader.take((size_t{glyph.width} * glyph.height + 7) / 8);
    if (!bits) {
        return std::nullopt;
    }
    glyph.bits = *bits;
    return glyph;
}

/// The glyph where GRUB draws it in a cell; nothing if it does not fit in.
std::optional<Glyph> in_cell(const PffGlyph& from, char32_t character, const BitmapFont& font,
                             int ascent) {
    const int top = ascent - from.y - from.height;
    if (from.x < 0 || top < 0 || from.x + from.width > static_cast<int>(font.cell.width) ||
        top + from.height > static_cast<int>(font.cell.height)) {
        return std::nullopt;
    }
    Glyph glyph{.character = character,
                .rows = std::vector<uint8_t>(size_t{font.row_bytes()} * font.cell.height)};
    size_t bit = 0;
    for (uint32_t y = 0; y < from.height; ++y) {
        for (uint32_t x = 0; x < from.width; ++x, ++bit) {
            if ((std::to_integer<uint8_t>(from.bits[bit / 8]) & 0x80U >> bit % 8) == 0) {
                continue;
            }
            const uint32_t to_x = x + static_cast<uint32_t>(from.x);
            const uint32_t to_y = y + static_cast<uint32_t>(top);
            uint8_t& byte = glyph.rows[size_t{to_y} * font.row_bytes() + to_x / 8];
            byte = static_cast<uint8_t>(byte | 0x80U >> to_x % 8);
        }
    }
    return glyph;
}

/// Calls `visit(character, glyph)` for each glyph that is whole.
template <class Visit>
void each_glyph(const PffFont& font, Visit&& visit) {
    ByteReader reader{font.index};
    const size_t count = std::min(font.index.size() / kIndexEntry, kMaxGlyphs);
    for (size_t i = 0; i < count; ++i) {
        const auto character = read_big<uint32_t>(reader);
        (void)reader.read<uint8_t>();
        const auto offset = read_big<uint32_t>(reader);
        if (!character || !offset || *character > 0x10ffff) {
            continue;
        }
        if (const auto glyph = read_glyph(font, *offset)) {
            visit(static_cast<char32_t>(*character), *glyph);
        }
    }
}

}  // namespace

Result<BitmapFont> parse_pf2(std::span<const std::byte> bytes) {
    if (!is_pf2(bytes)) {
        return host_error("it is no font of GRUB's");
    }
    const auto source = read_sections(bytes);
    if (!source) {
        return host_error("it is cut off");
    }
    BitmapFont font{.name = source->name};
    // GRUB's terminal: as wide as the widest letter of ASCII.
    each_glyph(*source, [&](char32_t character, const PffGlyph& glyph) {
        if (character >= 32 && character < 127 && glyph.advance > 0) {
            font.cell.width = std::max(font.cell.width, static_cast<uint32_t>(glyph.advance));
        }
    });
    font.cell.height = source->height;
    if (font.cell.empty() || font.cell.width > kMaxCellSide || font.cell.height > kMaxCellSide) {
        return host_error("its glyphs are {}x{}", font.cell.width, font.cell.height);
    }
    each_glyph(*source, [&](char32_t character, const PffGlyph& from) {
        if (from.advance != static_cast<int>(font.cell.width)) {
            return;
        }
        if (auto glyph = in_cell(from, character, font, source->ascent)) {
            font.glyphs.push_back(std::move(*glyph));
        }
    });
    return font;
}

}  // namespace oriel::match
