// SPDX-License-Identifier: MIT
#include "match/console_text.h"

#include <algorithm>
#include <utility>

#include "glyph_table.h"
#include "ink.h"

namespace oriel::match {
namespace {

/// Reads the cells of one grid.
class GridReader {
public:
    GridReader(const PictureView& picture, const GlyphTable& table)
        : picture_{picture}, table_{table} {}

    [[nodiscard]] TextGrid read(Point origin, const UnexplainedPixels& unexplained) const {
        const Size cell = table_.cell();
        const auto left = static_cast<uint32_t>(origin.x);
        const auto top = static_cast<uint32_t>(origin.y);
        TextGrid grid{cell, origin, (picture_.size.width - left) / cell.width,
                      (picture_.size.height - top) / cell.height};
        for (uint32_t row = 0; row < grid.rows(); ++row) {
            std::optional<uint32_t> background;
            for (uint32_t column = 0; column < grid.columns(); ++column) {
                const uint32_t x = left + column * cell.width;
                const uint32_t y = top + row * cell.height;
                if (unexplained.has(x + cell.width / 2, y + cell.height / 2)) {
                    grid.at(row, column) = read_cell(x, y, background);
                    background = grid.at(row, column).background;
                }
            }
        }
        return grid;
    }

    /// Reads the cells of `grid` again that another font of this size has not known.
    void complete(TextGrid& grid) const {
        for (uint32_t row = 0; row < grid.rows(); ++row) {
            std::optional<uint32_t> background;
            for (uint32_t column = 0; column < grid.columns(); ++column) {
                TextCell& cell = grid.at(row, column);
                if (cell.character == TextCell::kUnknown) {
                    const Rect place = grid.place(row, column);
                    cell = read_cell(place.x, place.y, background);
                }
                background = cell.background;
            }
        }
    }

private:
    /// `background`: that of the cell to the left.
    [[nodiscard]] TextCell read_cell(uint32_t x, uint32_t y,
                                     std::optional<uint32_t> background) const {
        CellShape shape;
        if (!read_shape(picture_, x, y, table_.cell(), shape)) {
            return {TextCell::kUnknown, 0, 0};
        }
        if (shape.plain) {
            return {' ', shape.first, shape.first};
        }
        if (const auto known = recognise(shape, background)) {
            return *known;
        }
        if (const auto known = behind_turned_rows(shape, background)) {
            return *known;
        }
        if (const auto known = behind_full_rows(shape, background)) {
            return *known;
        }
        return {TextCell::kUnknown, shape.other, shape.first};
    }

    [[nodiscard]] std::optional<TextCell> recognise(const CellShape& shape,
                                                    std::optional<uint32_t> background) const {
        const GlyphTable::Characters* characters = table_.find(shape);
        if (characters == nullptr) {
            return std::nullopt;
        }
        const bool turned =
            characters->plain == 0 || (characters->turned != 0 && background == shape.other);
        return turned ? TextCell{characters->turned, shape.first, shape.other}
                      : TextCell{characters->plain, shape.other, shape.first};
    }

    [[nodiscard]] std::optional<TextCell> glyph_or_blank(const CellShape& shape,
                                                         std::optional<uint32_t> background) const {
        const bool blank = std::all_of(shape.rows.begin(), shape.rows.begin() + shape.height,
                                       [](uint64_t row) { return row == 0; });
        return blank ? TextCell{' ', shape.first, shape.first} : recognise(shape, background);
    }

    /// fbcon's cursor: the two lowest rows have their colours exchanged.
    [[nodiscard]] std::optional<TextCell> behind_turned_rows(
        CellShape shape, std::optional<uint32_t> background) const {
        if (shape.height < 10) {
            return std::nullopt;
        }
        shape.turn_row(shape.height - 1, table_.cell().width);
        shape.turn_row(shape.height - 2, table_.cell().width);
        return glyph_or_blank(shape, background);
    }

    /// A VGA's cursor, GRUB's or EDK2's: some rows are all foreground. Only what has nothing in
    /// these rows is seen through.
    [[nodiscard]] std::optional<TextCell> behind_full_rows(
        CellShape shape, std::optional<uint32_t> background) const {
        const uint64_t full = CellShape::all_dots(table_.cell().width);
        for (uint32_t y = 0; y < shape.height; ++y) {
            if (shape.rows[y] == full) {
                shape.rows[y] = 0;
            }
        }
        return glyph_or_blank(shape, background);
    }

    const PictureView& picture_;
    const GlyphTable& table_;
};

/// Three characters in a row are no accident, nor are characters that are not among much else.
bool is_text(const TextGrid& grid) {
    const size_t known = grid.known();
    if (known == 0) {
        return false;
    }
    if (known * 4 >= grid.unknown()) {
        return true;
    }
    for (uint32_t row = 0; row < grid.rows(); ++row) {
        uint32_t run = 0;
        for (uint32_t column = 0; column < grid.columns(); ++column) {
            const char32_t character = grid.at(row, column).character;
            run = character != ' ' && character != TextCell::kUnknown ? run + 1 : 0;
            if (run == 3) {
                return true;
            }
        }
    }
    return false;
}

void keep_unknown(const TextGrid& grid, UnexplainedPixels& unexplained) {
    unexplained.begin();
    for (uint32_t row = 0; row < grid.rows(); ++row) {
        for (uint32_t column = 0; column < grid.columns(); ++column) {
            if (grid.at(row, column).character == TextCell::kUnknown) {
                unexplained.add(grid.place(row, column));
            }
        }
    }
}

}  // namespace

struct TextReader::Table {
    GlyphTable glyphs;
};

TextReader::TextReader(const std::vector<BitmapFont>& fonts) {
    tables_.reserve(fonts.size());
    for (const BitmapFont& font : fonts) {
        tables_.push_back(Table{GlyphTable{font}});
    }
}

TextReader::~TextReader() = default;
TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;

std::optional<TextGrid> TextReader::next_grid(const PictureView& picture,
                                              const UnexplainedPixels& unexplained) const {
    const std::vector<InkPoint> ink = sample_ink(picture, unexplained);
    std::vector<std::pair<Alignment, const Table*>> candidates;
    candidates.reserve(tables_.size());
    for (const Table& table : tables_) {
        const Alignment alignment = alignment_of(picture, table.glyphs, ink);
        if (alignment.weight > 0) {
            candidates.emplace_back(alignment, &table);
        }
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.first.weight > b.first.weight; });
    std::optional<TextGrid> best;
    for (const auto& [alignment, table] : candidates) {
        TextGrid grid = GridReader{picture, table->glyphs}.read(alignment.origin, unexplained);
        if (!is_text(grid) || (best && grid.known() <= best->known())) {
            continue;
        }
        const bool sure = grid.known() >= grid.unknown() * 4;
        best = std::move(grid);
        if (sure) {
            break;
        }
    }
    if (best) {
        complete(picture, *best);
    }
    return best;
}

/// A screen's font may be none of ours, but for some characters be drawn as one of them, and for
/// the others as another: a kernel's own font has an f that the same font of Debian's console
/// hasn't.
void TextReader::complete(const PictureView& picture, TextGrid& grid) const {
    if (grid.known() < grid.unknown()) {
        return;  // much else is there
    }
    for (const Table& table : tables_) {
        if (table.glyphs.cell() == grid.cell_size() && grid.unknown() > 0) {
            GridReader{picture, table.glyphs}.complete(grid);
        }
    }
}

std::vector<TextGrid> TextReader::read(const PictureView& picture) const {
    std::vector<TextGrid> grids;
    UnexplainedPixels unexplained{picture.size};
    while (grids.size() < kMaxGrids) {
        auto grid = next_grid(picture, unexplained);
        if (!grid) {
            break;
        }
        keep_unknown(*grid, unexplained);
        grids.push_back(std::move(*grid));
        if (grids.back().unknown() == 0) {
            break;
        }
    }
    std::stable_sort(grids.begin(), grids.end(),
                     [](const TextGrid& a, const TextGrid& b) { return a.known() > b.known(); });
    return grids;
}

}  // namespace oriel::match
