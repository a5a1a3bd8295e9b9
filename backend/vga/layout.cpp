// SPDX-License-Identifier: MIT
#include "vga/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace oriel::vga {
namespace {

constexpr uint32_t kCounterMask = 0xffff;
constexpr uint8_t kScanMask = 0x1f;
constexpr uint32_t kDotsPerCharacter = 8;
constexpr uint32_t kPackedPerUnit = 4;

bool bit(uint8_t value, uint32_t index) {
    return (value >> index & 1) != 0;
}

/// Bit `from` of `value` as bit `to` of a number.
uint32_t moved_bit(uint8_t value, uint32_t from, uint32_t to) {
    return uint32_t{bit(value, from)} << to;
}

/// The CRTC's fields, by their names in the IBM VGA technical reference.
struct Crtc {
    explicit Crtc(const Registers& registers)
        : horizontal_display_end{registers.crtc(0x01)},
          vertical_display_end{registers.crtc(0x12) | moved_bit(registers.crtc(0x07), 1, 8) |
                               moved_bit(registers.crtc(0x07), 6, 9)},
          line_compare{registers.crtc(0x18) | moved_bit(registers.crtc(0x07), 4, 8) |
                       moved_bit(registers.crtc(0x09), 6, 9)},
          preset_row_scan{static_cast<uint8_t>(registers.crtc(0x08) & kScanMask)},
          byte_panning{static_cast<uint8_t>(registers.crtc(0x08) >> 5 & 3)},
          max_scan{static_cast<uint8_t>(registers.crtc(0x09) & kScanMask)},
          double_scan{bit(registers.crtc(0x09), 7)},
          start{static_cast<uint32_t>(registers.crtc(0x0c)) << 8 | registers.crtc(0x0d)},
          offset{registers.crtc(0x13) * 2U},
          mode{registers.crtc(0x17)},
          underline{registers.crtc(0x14)} {}

    uint32_t horizontal_display_end;
    uint32_t vertical_display_end;
    uint32_t line_compare;
    uint8_t preset_row_scan;
    uint8_t byte_panning;
    uint8_t max_scan;
    bool double_scan;
    uint32_t start;
    uint32_t offset;  // counts from a row to the next
    uint8_t mode;
    uint8_t underline;

    /// Address bits that the row scan replaces: A13 and A14 are select row scan counter, negative.
    [[nodiscard]] uint16_t replaced_bits() const {
        return static_cast<uint16_t>((bit(mode, 0) ? 0 : 1U << 13) | (bit(mode, 1) ? 0 : 1U << 14));
    }
    [[nodiscard]] Addressing addressing() const {
        Addressing addressing;
        addressing.count_by = bit(underline, 5) ? 2 : bit(mode, 3) ? 1 : 0;
        addressing.width = bit(underline, 6) ? 2 : bit(mode, 6) ? 0 : 1;
        addressing.word_wrap = bit(mode, 5) ? 15 : 13;
        return addressing;
    }
    /// Scan lines that the vertical counter is worth at each step.
    [[nodiscard]] uint32_t lines_per_count() const { return bit(mode, 2) ? 2 : 1; }
};

/// The beam's way down the screen: which row of memory and which line of it each scan line shows.
class Beam {
public:
    Beam(const Crtc& crtc, uint8_t panning, bool split_is_panned)
        : crtc_{crtc},
          start_{(crtc.start + crtc.byte_panning) & kCounterMask},
          row_scan_{crtc.preset_row_scan},
          panning_{panning},
          split_is_panned_{split_is_panned} {}

    [[nodiscard]] uint32_t start() const { return start_; }
    [[nodiscard]] uint8_t row_scan() const { return row_scan_; }
    [[nodiscard]] uint8_t panning() const { return panning_; }

    void next_line() {
        const bool count_ends = ++line_ % crtc_.lines_per_count() == 0;
        if (count_ends && line_ / crtc_.lines_per_count() - 1 == crtc_.line_compare) {
            start_ = split_is_panned_ ? crtc_.byte_panning : 0;
            panning_ = split_is_panned_ ? panning_ : uint8_t{0};
            row_scan_ = 0;
            repeat_ = false;
            return;
        }
        repeat_ = crtc_.double_scan && !repeat_;
        if (repeat_) {
            return;
        }
        if (row_scan_ == crtc_.max_scan) {
            row_scan_ = 0;
            start_ = (start_ + crtc_.offset) & kCounterMask;
        } else {
            // A preset beyond the last line runs on to the counter's end.
            row_scan_ = (row_scan_ + 1) & kScanMask;
        }
    }

private:
    const Crtc& crtc_;
    uint32_t line_ = 0;
    uint32_t start_;
    uint8_t row_scan_;
    uint8_t panning_;
    bool split_is_panned_;
    bool repeat_ = false;
};

uint32_t rgb(const Registers& registers, uint32_t index) {
    const auto parts = registers.colour(static_cast<uint8_t>(index));
    return uint32_t{parts[0]} << 16 | uint32_t{parts[1]} << 8 | parts[2];
}

void set_sixteen_colours(const Registers& registers, Layout& layout) {
    const uint8_t select = registers.attribute(0x14);
    const bool four_bits = bit(registers.attribute(0x10), 7);
    for (uint32_t i = 0; i < 16; ++i) {
        const uint32_t plane_bits = i & registers.attribute(0x12);
        const uint32_t entry = registers.attribute(static_cast<uint8_t>(plane_bits & 0x0f));
        const uint32_t kept = four_bits ? 0x0f : 0x3f;
        const uint32_t high = (select & 0x0fU) << 4;
        layout.colours[i] = rgb(registers, (entry & kept) | (high & ~kept));
    }
}

void set_all_colours(const Registers& registers, Layout& layout) {
    for (uint32_t i = 0; i < layout.colours.size(); ++i) {
        layout.colours[i] = rgb(registers, i);
    }
}

VgaKind kind_of(const Registers& registers) {
    if (!bit(registers.graphics(0x06), 0)) {
        return VgaKind::kText;
    }
    const uint8_t mode = registers.graphics(0x05);
    if (bit(mode, 6)) {
        return VgaKind::kPacked;
    }
    return bit(mode, 5) ? VgaKind::kInterleaved : VgaKind::kPlanar;
}

/// Pixels that the attribute controller's panning register moves the picture to the left.
uint8_t panning(const Registers& registers, const Layout& layout) {
    const uint8_t value = registers.attribute(0x13) & 0x0f;
    if (layout.kind == VgaKind::kPacked) {
        return value >> 1 & 3;
    }
    if (layout.glyph_width == 9) {
        // 8 means none: nine-dot cells are panned the other way round the corner.
        return value < 8 ? static_cast<uint8_t>(value + 1) : uint8_t{0};
    }
    return value & 7;
}

/// Sequencer register 3 names two of eight fonts in plane 2, in an order that grew.
uint32_t font_address(uint32_t map) {
    return (map & 3) * 0x4000 + (map >> 2) * 0x2000;
}

void set_text_attributes(const Registers& registers, const Crtc& crtc, Layout& layout) {
    const uint8_t maps = registers.sequencer(0x03);
    layout.fonts = {font_address((maps & 3U) | moved_bit(maps, 4, 2)),
                    font_address((maps >> 2 & 3U) | moved_bit(maps, 5, 2))};
    const uint8_t mode = registers.attribute(0x10);
    layout.line_graphics = bit(mode, 2);
    layout.blink = bit(mode, 3);
    layout.underline_scan = crtc.underline & kScanMask;
}

std::optional<VgaCursor> find_cursor(const Registers& registers, const Layout& layout) {
    const uint8_t first = registers.crtc(0x0a) & kScanMask;
    const uint8_t last = registers.crtc(0x0b) & kScanMask;
    if (bit(registers.crtc(0x0a), 5) || first > last) {
        return std::nullopt;
    }
    const uint32_t location =
        static_cast<uint32_t>(registers.crtc(0x0e)) << 8 | registers.crtc(0x0f);
    for (const VgaLine& line : layout.lines) {
        const uint32_t distance = (location - layout.rows[line.row].start) & kCounterMask;
        const uint32_t column = distance << layout.addressing.count_by;
        const bool has_it = line.row_scan >= first && line.row_scan <= last;
        if (has_it && column < layout.columns &&
            column * layout.glyph_width < line.pan + layout.size.width / layout.pixels_per_dot) {
            return VgaCursor{static_cast<uint16_t>(column), line.row, first, last};
        }
    }
    return std::nullopt;
}

/// `height`: scan lines without their repeats.
std::string name_of(const Layout& layout, const Crtc& crtc, uint32_t height) {
    switch (layout.kind) {
        case VgaKind::kText:
            return fmt::format("text {}x{}", crtc.horizontal_display_end + 1,
                               std::max(height / (crtc.max_scan + 1U), 1U));
        case VgaKind::kInterleaved:
            return fmt::format("cga {}x{}x2", layout.size.width, height);
        case VgaKind::kPacked:
            return fmt::format("packed {}x{}x8", layout.size.width, height);
        case VgaKind::kPlanar:
            break;
    }
    if (crtc.replaced_bits() != 0) {
        return fmt::format("cga {}x{}x1", layout.size.width, height);
    }
    return fmt::format("planar {}x{}x4", layout.size.width, height);
}

/// Scan lines that look alike, one after the other, all over the screen.
uint32_t repeats(const Layout& layout, const Crtc& crtc) {
    const uint32_t doubled = crtc.double_scan ? 2 : 1;
    const bool scan_matters = layout.kind == VgaKind::kText || crtc.replaced_bits() != 0;
    return scan_matters ? doubled : doubled * (crtc.max_scan + 1U);
}

/// A line of the picture is worth `step` scan lines.
void trace_lines(const Registers& registers, const Crtc& crtc, uint32_t step, Layout& layout) {
    const uint16_t replaced = crtc.replaced_bits();
    const bool split_is_panned = !bit(registers.attribute(0x10), 5);
    Beam beam{crtc, panning(registers, layout), split_is_panned};
    layout.lines.reserve(layout.size.height);
    for (uint32_t y = 0; y < layout.size.height; ++y) {
        // Row scan bit 0 is address bit 13, bit 1 is bit 14.
        const auto replacement = static_cast<uint16_t>(beam.row_scan() << 13 & replaced);
        const LayoutRow row{beam.start(), replaced, replacement};
        // A row has one panning, so that its units are at the same place in all of its lines.
        if (layout.rows.empty() || layout.rows.back() != row ||
            layout.lines.back().pan != beam.panning()) {
            layout.rows.push_back(row);
        }
        layout.lines.push_back({static_cast<uint16_t>(layout.rows.size() - 1),
                                layout.kind == VgaKind::kText ? beam.row_scan() : uint8_t{0},
                                beam.panning()});
        for (uint32_t i = 0; i < step; ++i) {
            beam.next_line();
        }
    }
}

}  // namespace

uint32_t Layout::pixels_per_unit() const {
    switch (kind) {
        case VgaKind::kText:
            return glyph_width;
        case VgaKind::kPacked:
            return kPackedPerUnit;
        case VgaKind::kPlanar:
        case VgaKind::kInterleaved:
            break;
    }
    return kDotsPerCharacter;
}

uint32_t Layout::address(const LayoutRow& row, uint32_t column) const {
    if (addressing.linear) {
        return row.start + column;
    }
    const uint32_t counter = (row.start + (column >> addressing.count_by)) & kCounterMask;
    uint32_t address = counter;
    if (addressing.width == 1) {
        address = counter << 1 | (counter >> addressing.word_wrap & 1);
    } else if (addressing.width == 2) {
        // What the CPU writes with four planes chained stays in order that way.
        address = counter << 2 | counter >> 14;
    }
    return ((address & ~uint32_t{row.replaced_bits}) | row.replacement) & kCounterMask;
}

bool Layout::in_sequence(const LayoutRow& row) const {
    if (addressing.linear) {
        return true;
    }
    const uint32_t last = row.start + columns - 1;
    return addressing.width == 0 && addressing.count_by == 0 && last <= kCounterMask &&
           ((row.start ^ last) & row.replaced_bits) == 0;
}

std::optional<Layout> decode(const Registers& registers) {
    constexpr uint32_t kHalfDotClock = 3;  // sequencer, clocking mode
    constexpr uint32_t kScreenOff = 5;     // the same
    constexpr uint32_t kSyncsEnabled = 7;  // CRTC mode control
    const Crtc crtc{registers};
    const uint8_t clocking = registers.sequencer(0x01);
    if (!registers.palette_access() || bit(clocking, kScreenOff) ||
        !bit(crtc.mode, kSyncsEnabled)) {
        return std::nullopt;
    }
    Layout layout;
    layout.kind = kind_of(registers);
    if (layout.kind == VgaKind::kText) {
        layout.glyph_width = bit(clocking, 0) ? 8 : 9;
        set_text_attributes(registers, crtc, layout);
    }
    if (layout.kind == VgaKind::kPacked) {
        set_all_colours(registers, layout);
    } else {
        set_sixteen_colours(registers, layout);
    }
    const uint32_t repeated = repeats(layout, crtc);
    // Pixels of eight bits are put together from two of four.
    const bool wide = bit(clocking, kHalfDotClock) || layout.kind == VgaKind::kPacked;
    const uint32_t step = wide && repeated % 2 == 0 ? 2 : 1;
    layout.pixels_per_dot = layout.kind == VgaKind::kText && wide && step == 1 ? 2 : 1;
    const uint32_t unit = layout.pixels_per_unit();
    const uint32_t unit_width = unit * layout.pixels_per_dot;
    const uint32_t scan_lines = (crtc.vertical_display_end + 1) * crtc.lines_per_count();
    layout.size.width = std::min((crtc.horizontal_display_end + 1) * unit_width, Layout::kMaxSide);
    layout.size.height = std::clamp<uint32_t>(scan_lines / step, 1, Layout::kMaxSide);
    const uint32_t dots = layout.size.width / layout.pixels_per_dot;
    layout.columns = (dots + 2 * (unit - 1)) / unit;
    layout.addressing = crtc.addressing();
    trace_lines(registers, crtc, step, layout);
    if (layout.kind == VgaKind::kText) {
        layout.cursor = find_cursor(registers, layout);
    }
    layout.name =
        name_of(layout, crtc, std::clamp<uint32_t>(scan_lines / repeated, 1, Layout::kMaxSide));
    return layout;
}

Layout decode(const Registers& registers, const DispiMode& mode) {
    assert(mode.bpp == 4 || mode.bpp == 8);
    Layout layout;
    layout.kind = mode.bpp == 8 ? VgaKind::kPacked : VgaKind::kPlanar;
    layout.size = mode.size;
    layout.addressing.linear = true;
    // 4 bpp: each of the four planes has a byte at the same address, so a unit is a byte of stride.
    const uint32_t bytes_per_unit = mode.bpp == 8 ? 4 : 1;
    uint8_t most_panning = 0;
    layout.rows.reserve(mode.size.height);
    layout.lines.reserve(mode.size.height);
    for (uint32_t y = 0; y < mode.size.height; ++y) {
        const uint64_t byte = mode.offset + y * mode.stride;
        const auto pan = static_cast<uint8_t>(byte % bytes_per_unit);
        most_panning = std::max(most_panning, pan);
        layout.rows.push_back({.start = static_cast<uint32_t>(byte / bytes_per_unit)});
        layout.lines.push_back({static_cast<uint16_t>(y), 0, pan});
    }
    const uint32_t unit = layout.pixels_per_unit();
    layout.columns = (mode.size.width + most_panning + unit - 1) / unit;
    if (mode.bpp == 8) {
        set_all_colours(registers, layout);
    } else {
        set_sixteen_colours(registers, layout);
    }
    layout.name = mode.name();
    return layout;
}

}  // namespace oriel::vga
