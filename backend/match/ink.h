// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "glyph_table.h"
#include "match/picture_view.h"

namespace oriel::match {

/// Pixels that no grid has explained yet.
class UnexplainedPixels {
public:
    explicit UnexplainedPixels(Size size) : size_{size} {}

    /// From now on only what is added counts.
    void begin() { pixels_.assign(size_.area(), 0); }
    void add(const Rect& cell);
    /// Before begin() it is all of them.
    [[nodiscard]] bool has(uint32_t x, uint32_t y) const {
        return pixels_.empty() || pixels_[size_t{y} * size_.width + x] != 0;
    }

private:
    Size size_;
    std::vector<uint8_t> pixels_;
};

struct InkPoint {
    uint32_t x = 0;
    uint32_t y = 0;
};

/// Some pixels, from all over the unexplained ones, that differ from their left neighbour; those
/// that may be letters' first.
[[nodiscard]] std::vector<InkPoint> sample_ink(const PictureView& picture,
                                               const UnexplainedPixels& unexplained);

/// Where the cells of a font lie: the first one's corner, less than a cell from the picture's.
struct Alignment {
    Point origin;
    uint64_t weight = 0;  ///< dots of glyphs that speak for it
};

/// The alignment in which most of the ink belongs to glyphs. Weight 0: there is none.
[[nodiscard]] Alignment alignment_of(const PictureView& picture, const GlyphTable& table,
                                     const std::vector<InkPoint>& ink);

}  // namespace oriel::match
