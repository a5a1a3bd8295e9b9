// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "scanout/framebuffer.h"
#include "scanout/vga_picture.h"
#include "support/random.h"

namespace oriel::test {

/// A mode, as far as a raw picture knows it.
struct VgaTestMode {
    const char* name;
    VgaKind kind;
    Size size;
    uint32_t glyph_width = 8;
    uint32_t rows = 0;  ///< of the grid; 0: as many as fill the screen with text lines of 16 dots
    uint32_t pixels_per_dot = 1;
};

/// A raw VGA picture of random memory, lines, font, colours, cursor and blinking, rasterised by the
/// reference.
class VgaTestPicture final : public VgaPicture {
public:
    VgaTestPicture(const VgaTestMode& mode, uint32_t seed);

    void rasterise(uint32_t x, uint32_t y, uint32_t width, std::byte* pixels) const override;

    /// Any of the changes below, at random.
    Region change();

    // Each returns the pixels that have changed because of it, exactly.
    Region change_cells(uint32_t count);
    Region change_all_cells();
    Region change_lines();
    Region change_font();
    Region change_colours();
    Region change_cursor();
    /// One of blinking, its phase, the ninth dot of line graphics and the underline.
    Region change_blink();
    /// Video memory that no line shows yet.
    Region add_rows(uint32_t count);
    /// Another mode of the same size, all at random again.
    Region become(const VgaTestMode& mode);

    /// The part's pixels by the reference, 0x00RRGGBB, rows without padding.
    [[nodiscard]] std::vector<uint32_t> expected(const Rect& part) const;

private:
    template <class Change>
    Region difference_after(Change&& change);
    void set_mode(const VgaTestMode& mode);
    void touch_row(uint32_t row) { data_.versions.rows.at(row) = ++version_; }

    Random random_;
    uint64_t version_ = 0;
};

}  // namespace oriel::test
