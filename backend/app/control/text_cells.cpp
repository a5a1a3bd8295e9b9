// SPDX-License-Identifier: MIT
#include "control/text_cells.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/json_fields.h"
#include "scanout/memory_buffer.h"

namespace oriel::app {
namespace {

/// 0 for what is no number of a picture's size.
uint32_t side_of(const nlohmann::json& value) {
    const int64_t side = value.is_number_integer() ? value.get<int64_t>() : 0;
    return side > 0 && side <= MemoryBuffer::kMaxSide ? static_cast<uint32_t>(side) : 0;
}

}  // namespace

std::optional<TextCells> text_cells(const VgaPictureData& picture) {
    if (picture.kind != VgaKind::kText) {
        return std::nullopt;
    }
    TextCells cells{.cell = {uint32_t{picture.glyph_width} * picture.pixels_per_dot, 0},
                    .blink = picture.blink};
    cells.columns = std::min(picture.columns, picture.size.width / cells.cell.width);
    std::copy_n(picture.colours.begin(), cells.colours.size(), cells.colours.begin());
    uint32_t height = 0;
    for (size_t y = 0; y < picture.lines.size(); ++y) {
        const uint16_t row = picture.lines[y].row;
        if (y == 0 || row != picture.lines[y - 1].row) {
            const std::byte* const begin = picture.row(row);
            cells.bytes.insert(cells.bytes.end(), begin, begin + size_t{cells.columns} * 2);
            ++cells.rows;
            height = 0;
        }
        cells.cell.height = std::max(cells.cell.height, ++height);
    }
    return cells.columns != 0 ? std::optional{std::move(cells)} : std::nullopt;
}

nlohmann::json to_json(const TextCells& cells) {
    return {{"columns", cells.columns},
            {"rows", cells.rows},
            {"cell", {cells.cell.width, cells.cell.height}},
            {"colours", cells.colours},
            {"blink", cells.blink}};
}

std::optional<match::TextGrid> read_text_cells(const nlohmann::json& cells,
                                               std::span<const std::byte> bytes) {
    if (!cells.is_object()) {
        return std::nullopt;
    }
    const uint32_t columns = side_of(cells.value("columns", nlohmann::json{}));
    const uint32_t rows = side_of(cells.value("rows", nlohmann::json{}));
    const auto cell = cells.value("cell", nlohmann::json{});
    const auto colours = cells.value("colours", nlohmann::json{});
    std::array<uint32_t, 16> table{};
    if (columns == 0 || rows == 0 || bytes.size() < size_t{columns} * rows * 2 ||
        !cell.is_array() || cell.size() != 2 || !colours.is_array() ||
        colours.size() != table.size()) {
        return std::nullopt;
    }
    for (size_t i = 0; i < table.size(); ++i) {
        table[i] = colours[i].is_number_unsigned() ? colours[i].get<uint32_t>() : 0;
    }
    return match::text_of_cells(bytes.first(size_t{columns} * rows * 2), columns,
                                {side_of(cell[0]), side_of(cell[1])}, table,
                                field_of(cells, "blink", false));
}

}  // namespace oriel::app
