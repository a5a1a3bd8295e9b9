// SPDX-License-Identifier: MIT
#include "vga/picture.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "scanout/span_collector.h"
#include "vga/rasteriser.h"

namespace oriel::vga {
namespace {

constexpr size_t kUnitBytes = 4;  // in video memory
constexpr size_t kFontPlane = 2;
constexpr std::byte kBlinkAttribute{0x80};

/// What a layout can reach of the memory, as a mask for unit addresses.
uint32_t address_mask(const Layout& layout, std::span<const std::byte> memory) {
    const size_t all = memory.size() / kUnitBytes;
    assert(std::has_single_bit(all) && all <= uint64_t{UINT32_MAX} + 1);
    const size_t reached =
        layout.addressing.linear ? all : std::min<size_t>(all, Addressing::kLegacyUnits);
    return static_cast<uint32_t>(reached - 1);
}

/// `row` is one of text.
bool has_blink_attribute(const std::byte* row, uint32_t column) {
    return (row[size_t{column} * 2 + 1] & kBlinkAttribute) != std::byte{0};
}

}  // namespace

Picture::Picture(Layout layout) {
    data_.kind = layout.kind;
    data_.size = layout.size;
    set_layout(std::move(layout));
}

bool Picture::fits(const Layout& layout) const {
    return layout.kind == data_.kind && layout.size == data_.size;
}

void Picture::set_layout(Layout layout) {
    assert(fits(layout));
    layout_ = std::move(layout);
    reshape();
    update_lines();
    if (data_.colours != layout_.colours || data_.versions.colours == 0) {
        data_.colours = layout_.colours;
        data_.versions.colours = ++version_;
        damage_all();
    }
    if (data_.blink != layout_.blink || data_.line_graphics != layout_.line_graphics ||
        data_.underline_scan != layout_.underline_scan) {
        data_.blink = layout_.blink;
        data_.line_graphics = layout_.line_graphics;
        data_.underline_scan = layout_.underline_scan;
        damage_all();
    }
}

void Picture::reshape() {
    const auto rows = static_cast<uint32_t>(layout_.rows.size());
    if (data_.columns == layout_.columns && data_.rows == rows &&
        data_.glyph_width == layout_.glyph_width &&
        data_.pixels_per_dot == layout_.pixels_per_dot) {
        return;
    }
    data_.columns = layout_.columns;
    data_.rows = rows;
    data_.glyph_width = layout_.glyph_width;
    data_.pixels_per_dot = layout_.pixels_per_dot;
    data_.grid.assign(size_t{rows} * data_.columns * data_.unit_bytes(), std::byte{0});
    data_.versions.shape = ++version_;
    data_.versions.rows.assign(rows, version_);
    data_.cursor.reset();
    if (data_.kind == VgaKind::kText) {
        data_.font.resize(2 * VgaPictureData::kFontMapBytes);
    }
    scratch_.resize(std::max<size_t>(data_.columns * kUnitBytes, data_.font.size()));
    damage_all();
}

void Picture::update_lines() {
    if (data_.lines == layout_.lines) {
        return;
    }
    SpanCollector changed;
    for (uint32_t y = 0; y < data_.size.height; ++y) {
        if (y >= data_.lines.size() || data_.lines[y] != layout_.lines[y]) {
            changed.add(y, 0, data_.size.width);
        }
    }
    damage_.add(changed.take());
    data_.lines = layout_.lines;
    data_.versions.lines = ++version_;
    // Each row is shown by one run of lines.
    lines_of_row_.assign(data_.rows, {});
    for (uint32_t y = 0; y < data_.size.height; ++y) {
        LineRange& range = lines_of_row_[data_.lines[y].row];
        if (range.first == range.end) {
            range.first = y;
        }
        range.end = y + 1;
    }
}

Region Picture::update(std::span<const std::byte> memory) {
    if (data_.kind == VgaKind::kText) {
        update_font(memory);
    }
    update_grid(memory);
    Region damage = std::exchange(damage_, {});
    changed(damage);
    return damage;
}

void Picture::update_font(std::span<const std::byte> memory) {
    const uint32_t mask = address_mask(layout_, memory);
    std::byte* next = scratch_.data();
    for (const uint32_t font : layout_.fonts) {
        // The whole map lies on one side of the end of memory: it is aligned to its size.
        const std::byte* map = memory.data() + size_t{font & mask} * kUnitBytes + kFontPlane;
        for (size_t i = 0; i < VgaPictureData::kFontMapBytes; ++i) {
            next[i] = map[i * kUnitBytes];
        }
        next += VgaPictureData::kFontMapBytes;
    }
    if (std::memcmp(scratch_.data(), data_.font.data(), data_.font.size()) != 0) {
        std::memcpy(data_.font.data(), scratch_.data(), data_.font.size());
        data_.versions.font = ++version_;
        damage_all();
    }
}

const std::byte* Picture::units(const LayoutRow& row, std::span<const std::byte> memory) {
    const uint32_t mask = address_mask(layout_, memory);
    const uint32_t columns = data_.columns;
    if (data_.kind == VgaKind::kText) {
        for (uint32_t column = 0; column < columns; ++column) {
            const size_t address = layout_.address(row, column) & mask;
            std::memcpy(scratch_.data() + size_t{column} * 2, memory.data() + address * kUnitBytes,
                        2);
        }
        return scratch_.data();
    }
    const uint32_t first = layout_.address(row, 0) & mask;
    if (layout_.in_sequence(row) && uint64_t{first} + columns <= uint64_t{mask} + 1) {
        return memory.data() + size_t{first} * kUnitBytes;
    }
    for (uint32_t column = 0; column < columns; ++column) {
        const size_t address = layout_.address(row, column) & mask;
        std::memcpy(scratch_.data() + size_t{column} * kUnitBytes,
                    memory.data() + address * kUnitBytes, kUnitBytes);
    }
    return scratch_.data();
}

Picture::UnitSpan Picture::difference(const std::byte* a, const std::byte* b) const {
    const size_t unit = data_.unit_bytes();
    const auto same = [&](uint32_t index) {
        return std::memcmp(a + index * unit, b + index * unit, unit) == 0;
    };
    if (std::memcmp(a, b, data_.columns * unit) == 0) {
        return {};
    }
    UnitSpan span{0, data_.columns};
    while (span.first < span.end && same(span.first)) {
        ++span.first;
    }
    while (span.end > span.first && same(span.end - 1)) {
        --span.end;
    }
    return span;
}

void Picture::update_grid(std::span<const std::byte> memory) {
    const size_t unit = data_.unit_bytes();
    bool any = false;
    SpanCollector damaged;
    for (uint32_t index = 0; index < data_.rows; ++index) {
        const std::byte* source = units(layout_.rows[index], memory);
        std::byte* row = data_.grid.data() + size_t{index} * data_.columns * unit;
        const UnitSpan span = difference(row, source);
        if (span.first == span.end) {
            continue;
        }
        std::memcpy(row + span.first * unit, source + span.first * unit,
                    (span.end - span.first) * unit);
        data_.versions.rows[index] = ++version_;
        any = true;
        cells(lines_of_row_[index], span).for_each([&damaged](const Rect& rect) {
            damaged.add(rect.y, rect.x, rect.x + rect.width, rect.height);
        });
    }
    if (any) {
        damage_.add(damaged.take());
    }
    // A cell's attribute, or what attributes mean.
    has_blinking_text_ = data_.blink && any_cell_blinks();
}

Region Picture::cells(const LineRange& lines, UnitSpan span) const {
    const uint32_t pixels = data_.pixels_per_unit() * data_.pixels_per_dot;
    SpanCollector covered;
    for (uint32_t y = lines.first; y < lines.end; ++y) {
        const uint32_t pan = uint32_t{data_.lines[y].pan} * data_.pixels_per_dot;
        const uint32_t first = std::max(span.first * pixels, pan) - pan;
        const uint32_t end = std::min(std::max(span.end * pixels, pan) - pan, data_.size.width);
        if (first < end) {
            covered.add(y, first, end);
        }
    }
    return covered.take();
}

Region Picture::cursor_cell() const {
    if (!data_.cursor) {
        return {};
    }
    const VgaCursor& cursor = *data_.cursor;
    Region cell = cells(lines_of_row_[cursor.row], {cursor.column, cursor.column + 1U});
    Region drawn;
    cell.for_each([&](const Rect& rect) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            const uint8_t scan = data_.lines[y].row_scan;
            if (scan >= cursor.first_scan && scan <= cursor.last_scan) {
                drawn.add({rect.x, y, rect.width, 1});
            }
        }
    });
    return drawn;
}

bool Picture::any_cell_blinks() const {
    for (uint32_t index = 0; index < data_.rows; ++index) {
        const std::byte* row = data_.row(index);
        for (uint32_t column = 0; column < data_.columns; ++column) {
            // What panning may bring in may be right of the screen.
            if (has_blink_attribute(row, column) &&
                !cells(lines_of_row_[index], {column, column + 1}).empty()) {
                return true;
            }
        }
    }
    return false;
}

Region Picture::blinking_cells() const {
    SpanCollector blinking;
    for (uint32_t index = 0; index < data_.rows; ++index) {
        const std::byte* row = data_.row(index);
        for (uint32_t column = 0; column < data_.columns; ++column) {
            if (!has_blink_attribute(row, column)) {
                continue;
            }
            const uint32_t first = column;
            while (column < data_.columns && has_blink_attribute(row, column)) {
                ++column;
            }
            cells(lines_of_row_[index], {first, column}).for_each([&blinking](const Rect& rect) {
                blinking.add(rect.y, rect.x, rect.x + rect.width, rect.height);
            });
        }
    }
    return blinking.take();
}

Region Picture::set_phase(BlinkPhase phase) {
    Region damage;
    const std::optional<VgaCursor> cursor = phase.cursor_shown ? layout_.cursor : std::nullopt;
    if (cursor != data_.cursor) {
        damage.add(cursor_cell());
        data_.cursor = cursor;
        damage.add(cursor_cell());
    }
    const bool blink_off = data_.blink && !phase.text_shown;
    if (blink_off != data_.blink_off) {
        data_.blink_off = blink_off;
        if (has_blinking_text_) {
            damage.add(blinking_cells());
        }
    }
    changed(damage);
    return damage;
}

bool Picture::blinks() const {
    return layout_.cursor.has_value() || has_blinking_text_;
}

void Picture::rasterise(uint32_t x, uint32_t y, uint32_t width, std::byte* pixels) const {
    vga::rasterise(data_, x, y, width, pixels);
}

}  // namespace oriel::vga
