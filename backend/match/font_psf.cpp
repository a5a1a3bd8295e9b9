// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>

#include "core/byte_reader.h"
#include "font_magic.h"
#include "glyph_of.h"
#include "match/console_font.h"

namespace oriel::match {
namespace {

constexpr char32_t kNone = 0xffffffff;

struct PsfHeader {
    uint32_t glyphs = 0;
    uint32_t glyph_bytes = 0;
    Size cell;
    bool has_table = false;
    bool second = false;  ///< PSF 2
};

std::optional<PsfHeader> read_psf1(ByteReader& reader) {
    struct [[gnu::packed]] Wire {
        uint16_t magic;
        uint8_t mode;
        uint8_t glyph_bytes;
    };
    const auto wire = reader.read<Wire>();
    if (!wire) {
        return std::nullopt;
    }
    constexpr uint8_t k512Glyphs = 0x01;
    constexpr uint8_t kTables = 0x02 | 0x04;
    return PsfHeader{.glyphs = (wire->mode & k512Glyphs) != 0 ? 512U : 256U,
                     .glyph_bytes = wire->glyph_bytes,
                     .cell = {8, wire->glyph_bytes},
                     .has_table = (wire->mode & kTables) != 0};
}

std::optional<PsfHeader> read_psf2(ByteReader& reader) {
    struct Wire {
        uint32_t magic;
        uint32_t version;
        uint32_t header_bytes;
        uint32_t flags;
        uint32_t glyphs;
        uint32_t glyph_bytes;
        uint32_t height;
        uint32_t width;
    };
    const auto wire = reader.read<Wire>();
    if (!wire || wire->header_bytes < sizeof(Wire) ||
        !reader.take(wire->header_bytes - sizeof(Wire))) {
        return std::nullopt;
    }
    return PsfHeader{.glyphs = wire->glyphs,
                     .glyph_bytes = wire->glyph_bytes,
                     .cell = {wire->width, wire->height},
                     .has_table = (wire->flags & 1) != 0,
                     .second = true};
}

/// The next code point of UTF-8 that is nothing but valid; kNone for PSF's separators and the end.
char32_t next_utf8(ByteReader& reader) {
    const auto lead = reader.read<uint8_t>();
    if (!lead || *lead >= 0xf8 || (*lead & 0xc0) == 0x80) {
        return kNone;
    }
    if (*lead < 0x80) {
        return *lead;
    }
    const int more = *lead >= 0xf0 ? 3 : *lead >= 0xe0 ? 2 : 1;
    char32_t code = *lead & (0x3fU >> more);
    for (int i = 0; i < more; ++i) {
        const auto byte = reader.read<uint8_t>();
        if (!byte || (*byte & 0xc0) != 0x80) {
            return kNone;
        }
        code = code << 6 | (*byte & 0x3fU);
    }
    return code;
}

/// What a glyph stands for: the smallest of its single characters. Sequences are passed over.
class PsfTable {
public:
    PsfTable(ByteReader reader, bool second) : reader_{reader}, second_{second} {}

    char32_t next_glyph() {
        char32_t smallest = kNone;
        bool in_sequence = false;
        for (;;) {
            const std::optional<char32_t> code = next();
            if (!code || *code == kEnd) {
                return smallest;
            }
            in_sequence = in_sequence || *code == kSequence;
            if (!in_sequence && *code >= ' ') {
                smallest = std::min(smallest, *code);
            }
        }
    }

private:
    static constexpr char32_t kEnd = 0xfffffffe;
    static constexpr char32_t kSequence = 0xfffffffd;

    /// Nothing at the end of the file.
    std::optional<char32_t> next() {
        if (!second_) {
            const auto code = reader_.read<uint16_t>();
            if (!code) {
                return std::nullopt;
            }
            return *code == 0xffff ? kEnd : *code == 0xfffe ? kSequence : char32_t{*code};
        }
        const auto rest = reader_.rest();
        if (rest.empty()) {
            return std::nullopt;
        }
        if (rest[0] == std::byte{0xff} || rest[0] == std::byte{0xfe}) {
            (void)reader_.read<uint8_t>();
            return rest[0] == std::byte{0xff} ? kEnd : kSequence;
        }
        return next_utf8(reader_);
    }

    ByteReader reader_;
    bool second_;
};

Result<BitmapFont> read_glyphs(const PsfHeader& header, ByteReader& reader) {
    BitmapFont font{.name = {}, .cell = header.cell};
    if (font.cell.empty() || font.cell.width > kMaxCellSide || font.cell.height > kMaxCellSide) {
        return host_error("its glyphs are {}x{}", font.cell.width, font.cell.height);
    }
    if (header.glyph_bytes != font.row_bytes() * font.cell.height) {
        return host_error("its glyphs of {}x{} have {} bytes", font.cell.width, font.cell.height,
                          header.glyph_bytes);
    }
    const auto bitmaps = reader.take(size_t{header.glyphs} * header.glyph_bytes);
    if (!bitmaps) {
        return host_error("it is cut off");
    }
    PsfTable table{reader, header.second};
    font.glyphs.reserve(std::min<size_t>(header.glyphs, kMaxGlyphs));
    for (uint32_t i = 0; i < header.glyphs && i < kMaxGlyphs; ++i) {
        char32_t character = kNone;
        if (header.has_table) {
            character = table.next_glyph();
        } else if (i < 256) {
            character = from_code_page_437(static_cast<uint8_t>(i));
        }
        if (character > 0x10ffff) {
            continue;
        }
        font.glyphs.push_back(glyph_of(
            character, bitmaps->subspan(size_t{i} * header.glyph_bytes, header.glyph_bytes)));
    }
    return font;
}

}  // namespace

Result<BitmapFont> parse_psf(std::span<const std::byte> bytes) {
    ByteReader reader{bytes};
    const bool second = is_psf2(bytes);
    if (!second && !is_psf1(bytes)) {
        return host_error("it is no font of the Linux console");
    }
    const auto header = second ? read_psf2(reader) : read_psf1(reader);
    if (!header) {
        return host_error("it is cut off");
    }
    return read_glyphs(*header, reader);
}

}  // namespace oriel::match
