// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scanout/vga_picture.h"
#include "vga/dispi.h"
#include "vga/registers.h"

namespace oriel::vga {

/// How the CRTC's memory address counter becomes the address of a unit (IBM VGA technical
/// reference, CRT controller, registers 14h and 17h). Bochs modes count units, without limits.
struct Addressing {
    /// A legacy VGA reaches the first 64 Ki units and wraps there.
    static constexpr uint32_t kLegacyUnits = 0x10000;

    bool linear = false;     ///< bochs: the counter is the address, all that follows is unused
    uint8_t count_by = 0;    ///< the counter moves every 2^n units
    uint8_t width = 0;       ///< 0: byte, 1: word, 2: doubleword mode
    uint8_t word_wrap = 15;  ///< word mode: the counter's bit that becomes address bit 0, 13 or 15
    friend bool operator==(const Addressing&, const Addressing&) = default;
};

/// Where a row of the grid is in video memory.
struct LayoutRow {
    uint32_t start = 0;  ///< the counter at its first unit
    /// Address bits 13 and 14 that the row scan replaces, and what with (CGA, Hercules).
    uint16_t replaced_bits = 0;
    uint16_t replacement = 0;
    friend bool operator==(const LayoutRow&, const LayoutRow&) = default;
};

/// What a VGA's registers make of video memory, checked: whatever a guest has written to them,
/// sizes are sane, indices in range and addresses wrap inside the memory.
struct Layout {
    /// A side of a legacy VGA's screen, in buffer px. (Bochs modes: DispiMode.)
    static constexpr uint32_t kMaxSide = 2048;

    VgaKind kind = VgaKind::kText;
    /// Buffer px. As the monitor shows it, with the dots and the scan lines that registers double,
    /// but where each comes twice in both directions it is left out in both: 320x200, not 640x400.
    Size size;
    uint8_t glyph_width = 8;     ///< kText: 8 or 9
    uint8_t pixels_per_dot = 1;  ///< as VgaPictureData's
    uint32_t columns = 0;        ///< units in a row, with what panning brings in
    std::vector<LayoutRow> rows;
    std::vector<VgaLine> lines;  ///< size.height
    Addressing addressing;
    /// kText: where the two font maps are, as unit addresses (plane 2); attribute bit 3 chooses.
    std::array<uint32_t, 2> fonts{};
    std::array<uint32_t, 256> colours{};  ///< as VgaPictureData's
    std::optional<VgaCursor> cursor;      ///< kText: as it looks while it doesn't blink off
    bool blink = false;
    bool line_graphics = false;
    uint8_t underline_scan = VgaPictureData::kNoUnderline;
    /// For people, without what is doubled: "text 80x25", "planar 640x480x4", "cga 320x200x2",
    /// "packed 320x200x8", "bochs 1024x768x8".
    std::string name;

    [[nodiscard]] uint32_t pixels_per_unit() const;
    /// The unit address of unit `column` of a row, not wrapped at the end of memory.
    [[nodiscard]] uint32_t address(const LayoutRow& row, uint32_t column) const;
    /// The row's units follow one another in memory.
    [[nodiscard]] bool in_sequence(const LayoutRow& row) const;
};

/// What the legacy registers say; nothing while they blank the screen.
[[nodiscard]] std::optional<Layout> decode(const Registers& registers);

/// A bochs mode of 4 or 8 bits a pixel: palette and DAC are the VGA's.
[[nodiscard]] Layout decode(const Registers& registers, const DispiMode& mode);

}  // namespace oriel::vga
