// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "match/console_font.h"
#include "match/picture_view.h"

namespace oriel::match {

/// A character on a screen.
struct TextCell {
    /// What a cell shows that is no character of the font.
    static constexpr char32_t kUnknown = 0xfffd;

    char32_t character = ' ';
    uint32_t foreground = 0;  ///< 0x00RRGGBB; that of a blank is its background
    uint32_t background = 0;
    friend bool operator==(const TextCell&, const TextCell&) = default;
};

/// Where a text was found.
struct FoundText {
    uint32_t row = 0;
    uint32_t column = 0;
    Rect where;  ///< px of the picture
    friend bool operator==(const FoundText&, const FoundText&) = default;
};

/// A grid of characters, as consoles show it.
class TextGrid {
public:
    TextGrid(Size cell, Point origin, uint32_t columns, uint32_t rows);

    [[nodiscard]] Size cell_size() const { return cell_; }
    [[nodiscard]] Point origin() const { return origin_; }  ///< px, of the first cell
    [[nodiscard]] uint32_t columns() const { return columns_; }
    [[nodiscard]] uint32_t rows() const { return rows_; }
    [[nodiscard]] const TextCell& at(uint32_t row, uint32_t column) const {
        return cells_[size_t{row} * columns_ + column];
    }
    [[nodiscard]] TextCell& at(uint32_t row, uint32_t column) {
        return cells_[size_t{row} * columns_ + column];
    }
    /// Where `length` cells from here are, in px.
    [[nodiscard]] Rect place(uint32_t row, uint32_t column, uint32_t length = 1) const;

    /// A row as UTF-8, without the blanks at its end.
    [[nodiscard]] std::string line(uint32_t row) const;
    /// All rows, each with a line feed, without the empty ones at the end.
    [[nodiscard]] std::string text() const;
    /// Where a text (UTF-8, within one row) begins for the first time.
    [[nodiscard]] std::optional<FoundText> find(std::string_view text) const;
    /// How many cells that are not blank are characters, and those that are none of the font's.
    [[nodiscard]] size_t known() const;
    [[nodiscard]] size_t unknown() const;

private:
    Size cell_;
    Point origin_;
    uint32_t columns_;
    uint32_t rows_;
    std::vector<TextCell> cells_;
};

/// The cells of a VGA's text mode, as they are in memory: character and attribute. Exact; nothing
/// is recognised. `colours` are the 16 that attributes choose from; `blink` says that attribute bit
/// 7 blinks and is no colour. The grid's cells are `cell` px.
[[nodiscard]] TextGrid text_of_cells(std::span<const std::byte> cells, uint32_t columns, Size cell,
                                     std::span<const uint32_t, 16> colours, bool blink);

class UnexplainedPixels;

/// Fonts made ready for recognition: look-ups by what a cell looks like.
class TextReader {
public:
    /// Text of several fonts may be on one picture.
    explicit TextReader(const std::vector<BitmapFont>& fonts);
    ~TextReader();
    TextReader(TextReader&&) noexcept;
    TextReader& operator=(TextReader&&) noexcept;

    /// The fonts' grids that are on the picture, wherever their first cell is: the one with the
    /// most characters first, at most kMaxGrids. A cell counts as a character only if each of its
    /// pixels is as the font says, in any two colours. A cursor over a cell is seen through. Cells
    /// between characters may also be those of another font of the same size.
    /// Nothing where no text of these fonts is.
    [[nodiscard]] std::vector<TextGrid> read(const PictureView& picture) const;

    static constexpr size_t kMaxGrids = 4;

private:
    struct Table;

    /// The grid with the most characters among what no grid has explained yet.
    [[nodiscard]] std::optional<TextGrid> next_grid(const PictureView& picture,
                                                    const UnexplainedPixels& unexplained) const;
    void complete(const PictureView& picture, TextGrid& grid) const;

    std::vector<Table> tables_;
};

}  // namespace oriel::match
