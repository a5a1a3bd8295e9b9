// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/geometry.h"
#include "core/ledger.h"
#include "core/result.h"
#include "scanout/memory_pixels.h"

namespace oriel {

/// How the four bytes that a VGA fetches at once (a *unit*) become pixels, left to right.
enum class VgaKind : uint8_t {
    /// A character cell: byte 0 the character, byte 1 its attribute. Units of 2 bytes.
    kText,
    /// Eight pixels: bit 7 - k of byte p is bit p of pixel k's colour. Units of 4 bytes, as below.
    kPlanar,
    /// Eight pixels of CGA's two bits, most significant first: pixels 0 to 3 have bits 0 and 1 from
    /// byte 0 and bits 2 and 3 from byte 2; pixels 4 to 7 from bytes 1 and 3.
    kInterleaved,
    /// Four pixels of eight bits.
    kPacked,
};

/// Where one line of the screen comes from.
struct VgaLine {
    uint16_t row = 0;      ///< of the grid
    uint8_t row_scan = 0;  ///< kText: the line of the glyphs, 0 to 31
    /// Pixels of the row (kText: dots) that are left of the screen, less than one unit.
    uint8_t pan = 0;
    friend bool operator==(const VgaLine&, const VgaLine&) = default;
};

/// kText: the cell that has the cursor and the lines of it that are the foreground's colour.
struct VgaCursor {
    uint16_t column = 0;
    uint16_t row = 0;
    uint8_t first_scan = 0;
    uint8_t last_scan = 0;  ///< included; not below first_scan
    friend bool operator==(const VgaCursor&, const VgaCursor&) = default;
};

/// What a VGA shows, before its character generator, its shift registers and its DAC: addresses,
/// start address, panning, line compare and double scan are resolved already (see `lines`), the
/// attribute controller's palette and the DAC are one table (see `colours`).
///
/// A pixel (x, y) of the screen: line = lines[y]; p = x / pixels_per_dot + line.pan;
/// u = p / pixels_per_unit();
/// unit = grid[line.row][u]; k = p % pixels_per_unit(). Graphics: colours[colour of pixel k]. Text:
/// fg = attribute & 15, bg = attribute >> 4; with `blink` bg has 3 bits and, if attribute bit 7 is
/// set and `blink_off`, fg becomes bg. The glyph is font[attribute bit 3][character][row_scan]; dot
/// k < 8 is its bit 7 - k; dot 8 repeats dot 7 for characters 0xc0 to 0xdf with `line_graphics` and
/// is background otherwise. Row scan `underline_scan` is all foreground where (attribute & 0x77)
/// == 1.
/// The cursor's lines are all foreground (of before blink_off).
struct VgaPictureData {
    static constexpr size_t kFontMapBytes = size_t{256} * 32;
    static constexpr uint8_t kNoUnderline = 0xff;

    VgaKind kind = VgaKind::kText;
    Size size;                ///< of the screen in buffer px; not empty, at most 16384 a side
    uint32_t columns = 0;     ///< units in a row of the grid; all that a line can reach
    uint32_t rows = 0;        ///< of the grid
    uint8_t glyph_width = 8;  ///< kText: 8 or 9 dots
    /// How many pixels of the screen a dot of a cell is wide: 1, or 2 where kText has half the dot
    /// clock (40 columns). 1 for all other kinds.
    uint8_t pixels_per_dot = 1;
    std::vector<std::byte> grid;  ///< rows × columns × unit_bytes()
    std::vector<VgaLine> lines;   ///< size.height; each row < rows
    /// kText (else empty): the two font maps, chosen by attribute bit 3, 256 glyphs of 32 lines
    /// each.
    std::vector<std::byte> font;
    std::array<uint32_t, 256> colours{};  ///< 0x00RRGGBB; kPacked uses all, the others 16
    std::optional<VgaCursor> cursor;      ///< as it is to be drawn now: none while it blinks off
    bool blink = false;
    bool blink_off = false;
    bool line_graphics = false;
    uint8_t underline_scan = kNoUnderline;

    /// When each part changed last, as numbers that only grow: a renderer uploads what is newer
    /// than what it has. `shape` covers kind, size, columns, rows, glyph_width and
    /// pixels_per_dot; what needs no upload (cursor, blink and the rest) has no version.
    struct Versions {
        uint64_t shape = 0;
        uint64_t lines = 0;
        uint64_t font = 0;
        uint64_t colours = 0;
        std::vector<uint64_t> rows;  ///< of each row of the grid
    } versions;

    [[nodiscard]] uint32_t unit_bytes() const { return kind == VgaKind::kText ? 2 : 4; }
    /// kText: dots.
    [[nodiscard]] uint32_t pixels_per_unit() const {
        switch (kind) {
            case VgaKind::kText:
                return glyph_width;
            case VgaKind::kPacked:
                return 4;
            case VgaKind::kPlanar:
            case VgaKind::kInterleaved:
                break;
        }
        return 8;
    }
    [[nodiscard]] const std::byte* row(uint32_t index) const {
        return grid.data() + size_t{index} * columns * unit_bytes();
    }
};

/// A raw VGA picture: plain data for a renderer that has shaders, and pixels for everybody else.
/// The VGA device owns the data and changes it between flushes; its size never changes (a new size
/// is a new picture).
class VgaPicture : public LedgerItem {
public:
    VgaPicture(const VgaPicture&) = delete;
    VgaPicture& operator=(const VgaPicture&) = delete;
    ~VgaPicture() override = default;

    [[nodiscard]] const VgaPictureData& data() const { return data_; }

    /// The pixels [x, x + width) of line y, 4 bytes each in memory order B, G, R, 0. This is the
    /// reference that shaders are compared with, bit for bit.
    virtual void rasterise(uint32_t x, uint32_t y, uint32_t width, std::byte* pixels) const = 0;

    /// The picture's pixels in memory of our own, made by the first call. Rasterises what has
    /// changed since the last call and nothing else, so a picture that only shaders show is never
    /// rasterised. Null when the host has no memory; it is tried again by the next call.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& pixels();
    /// Gives that memory back; the next pixels() makes it anew.
    void drop_pixels() { pixels_.reset(); }
    /// The same memory as it is, for looking at its counters; null before pixels() made it.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& storage() const { return pixels_; }

    /// The data. The pixels are items themselves.
    [[nodiscard]] Held held() const override;

protected:
    /// The derived class sets data().size before anybody sees the picture.
    VgaPicture() : LedgerItem{HeldFor::kVga} {}

    /// These pixels (inside the picture) are not what they were.
    void changed(const Region& damage);

    VgaPictureData data_;

private:
    std::shared_ptr<MemoryPixels> pixels_;
    /// Where pixels_ are older than data_.
    Region stale_;
};

}  // namespace oriel
