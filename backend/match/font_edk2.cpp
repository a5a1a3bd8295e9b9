// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "core/byte_reader.h"
#include "match/console_font.h"
#include "packed_firmware.h"

namespace oriel::match {
namespace {

/// EFI_NARROW_GLYPH (UEFI 2.10, 33.3.1.1): a character of 8x19.
struct [[gnu::packed]] NarrowGlyph {
    char16_t character;
    uint8_t attributes;
    std::array<uint8_t, 19> rows;
};
static_assert(sizeof(NarrowGlyph) == 22);

NarrowGlyph glyph_at(std::span<const std::byte> bytes, size_t at) {
    NarrowGlyph glyph;
    std::memcpy(&glyph, bytes.data() + at, sizeof glyph);
    return glyph;
}

/// EDK2's table begins with ASCII in order; nothing else in a firmware looks so.
bool is_table(std::span<const std::byte> bytes, size_t at) {
    constexpr char16_t kLast = u'~';
    const size_t length = (kLast - u' ' + 1U) * sizeof(NarrowGlyph);
    if (bytes.size() - at < length) {
        return false;
    }
    for (char16_t character = u' '; character <= kLast; ++character) {
        const NarrowGlyph glyph = glyph_at(bytes, at + (character - u' ') * sizeof(NarrowGlyph));
        if (glyph.character != character || glyph.attributes != 0) {
            return false;
        }
    }
    return true;
}

std::optional<size_t> find_table(std::span<const std::byte> bytes) {
    // A blank's code, attributes and first row, and an exclamation mark's code where it must be.
    constexpr std::array<std::byte, 4> kBlank{std::byte{' '}};
    auto from = bytes.begin();
    for (;;) {
        from = std::search(from, bytes.end(), kBlank.begin(), kBlank.end());
        if (from == bytes.end()) {
            return std::nullopt;
        }
        const auto at = static_cast<size_t>(from - bytes.begin());
        if (is_table(bytes, at)) {
            return at;
        }
        ++from;
    }
}

std::vector<Glyph> read_table(std::span<const std::byte> bytes, size_t at) {
    constexpr size_t kMost = 4096;
    std::vector<Glyph> glyphs;
    glyphs.reserve(512);
    while (glyphs.size() < kMost && bytes.size() - at >= sizeof(NarrowGlyph)) {
        const NarrowGlyph glyph = glyph_at(bytes, at);
        // The table ends with a glyph 0.
        if (glyph.character == 0) {
            break;
        }
        glyphs.push_back({glyph.character, {glyph.rows.begin(), glyph.rows.end()}});
        at += sizeof(NarrowGlyph);
    }
    return glyphs;
}

}  // namespace

Result<BitmapFont> parse_edk2(std::span<const std::byte> firmware) {
    const auto volumes = unpacked_volumes(firmware);
    if (!volumes) {
        return tl::unexpected(volumes.error());
    }
    for (const std::vector<std::byte>& volume : *volumes) {
        if (const auto at = find_table(volume)) {
            return BitmapFont{.name = "EDK2", .cell = {8, 19}, .glyphs = read_table(volume, *at)};
        }
    }
    return host_error("no font of EDK2's is in this firmware");
}

}  // namespace oriel::match
