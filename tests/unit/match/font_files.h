// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oriel::match::test {

/// Files of fonts, byte by byte; also where a fuzzer begins.
class FontFile {
public:
    FontFile& bytes(std::initializer_list<unsigned> values) {
        for (const unsigned value : values) {
            content_.push_back(static_cast<std::byte>(value));
        }
        return *this;
    }
    FontFile& text(std::string_view text) {
        for (const char character : text) {
            content_.push_back(static_cast<std::byte>(character));
        }
        return *this;
    }
    FontFile& little32(uint32_t value) {
        return bytes({value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24});
    }
    FontFile& big32(uint32_t value) {
        return bytes({value >> 24, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff});
    }
    FontFile& big16(uint32_t value) { return bytes({value >> 8 & 0xff, value & 0xff}); }
    FontFile& repeat(size_t count, unsigned value) {
        content_.insert(content_.end(), count, static_cast<std::byte>(value));
        return *this;
    }
    [[nodiscard]] std::vector<std::byte> content() const { return content_; }
    [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(content_.size()); }

private:
    std::vector<std::byte> content_;
};

/// 256 glyphs of 8x4; glyph i is rows of i. With a table: 'A' and U+00c4 are glyph 1.
inline std::vector<std::byte> psf1(bool table) {
    FontFile file;
    file.bytes({0x36, 0x04, table ? 2U : 0U, 4});
    for (unsigned i = 0; i < 256; ++i) {
        file.repeat(4, i);
    }
    for (unsigned i = 0; table && i < 256; ++i) {
        if (i == 1) {
            // U+00c4, then A, then a sequence of 0.
            file.bytes({0xc4, 0x00, 'A', 0x00, 0xfe, 0xff, '0', 0x00});
        }
        file.bytes({0xff, 0xff});
    }
    return file.content();
}

/// Three glyphs of 12x3; the table names U+20ac, x, and nothing.
inline std::vector<std::byte> psf2() {
    FontFile file;
    file.bytes({0x72, 0xb5, 0x4a, 0x86}).little32(0).little32(36).little32(1).little32(3);
    file.little32(6).little32(3).little32(12).little32(0xdeadbeef);
    file.bytes({0xff, 0xf0, 0x80, 0x10, 0xff, 0xf0}).repeat(6, 0xaa).repeat(6, 0x55);
    file.bytes({0xe2, 0x82, 0xac, 0xff, 'x', 0xfe, 'y', 'z', 0xff, 0xff});
    return file.content();
}

/// A of 3x2 in a cell of 8x6 (ascent 4), at 2,1 above the base line; U+4e00 is twice as wide.
inline std::vector<std::byte> pf2() {
    FontFile file;
    const auto section = [&](std::string_view name, uint32_t value) {
        file.text(name).big32(2).big16(value);
    };
    file.text("FILE").big32(4).text("PFF2");
    file.text("NAME").big32(5).text("Test").bytes({0});
    section("MAXW", 16);
    section("MAXH", 6);
    section("ASCE", 4);
    section("DESC", 2);
    constexpr uint32_t kEntries = 2;
    file.text("CHIX").big32(kEntries * 9);
    const uint32_t data = file.size() + kEntries * 9 + 8;
    file.big32('A').bytes({0}).big32(data);
    file.big32(0x4e00).bytes({0}).big32(data + 11);
    file.text("DATA").big32(0xffffffff);
    // Dots: 101 / 011, most significant first, rows without padding.
    file.big16(3).big16(2).big16(2).big16(1).big16(8).bytes({0xac});
    file.big16(1).big16(1).big16(0).big16(0).big16(16).bytes({0x80});
    return file.content();
}

}  // namespace oriel::match::test
