// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scanout/vga_picture.h"
#include "vga/layout.h"

namespace oriel::vga {

/// Which half of its period everything that blinks is in.
struct BlinkPhase {
    bool cursor_shown = true;
    bool text_shown = true;
    friend bool operator==(const BlinkPhase&, const BlinkPhase&) = default;
};

/// The picture of one kind and size that a layout makes of video memory. Copies what has changed
/// and says which pixels that are.
class Picture final : public VgaPicture {
public:
    explicit Picture(Layout layout);

    /// The layout makes a picture of the same kind and size.
    [[nodiscard]] bool fits(const Layout& layout) const;
    /// Takes over a layout that fits; update() tells what that changes.
    void set_layout(Layout layout);

    /// Looks at video memory (a power of two of bytes), which the guest may write meanwhile.
    /// Returns what has changed since the last call, with what set_layout() did.
    [[nodiscard]] Region update(std::span<const std::byte> memory);

    /// Returns what is different in the new phase. Call after update().
    [[nodiscard]] Region set_phase(BlinkPhase phase);
    /// Something on the screen changes with the phase.
    [[nodiscard]] bool blinks() const;

    void rasterise(uint32_t x, uint32_t y, uint32_t width, std::byte* pixels) const override;

private:
    /// Lines [first, end) show a row of the grid.
    struct LineRange {
        uint32_t first = 0;
        uint32_t end = 0;
    };
    /// Units [first, end) of a row; empty when first == end.
    struct UnitSpan {
        uint32_t first = 0;
        uint32_t end = 0;
    };

    void reshape();
    void update_lines();
    void damage_all() { damage_.add(Rect::of(data_.size)); }
    void update_font(std::span<const std::byte> memory);
    void update_grid(std::span<const std::byte> memory);
    [[nodiscard]] const std::byte* units(const LayoutRow& row, std::span<const std::byte> memory);
    [[nodiscard]] UnitSpan difference(const std::byte* a, const std::byte* b) const;
    [[nodiscard]] Region cells(const LineRange& lines, UnitSpan span) const;
    [[nodiscard]] Region cursor_cell() const;
    [[nodiscard]] bool any_cell_blinks() const;
    [[nodiscard]] Region blinking_cells() const;

    Layout layout_;
    std::vector<LineRange> lines_of_row_;
    std::vector<std::byte> scratch_;  // a row of the grid, or a font
    Region damage_;
    uint64_t version_ = 0;
    bool has_blinking_text_ = false;
};

}  // namespace oriel::vga
