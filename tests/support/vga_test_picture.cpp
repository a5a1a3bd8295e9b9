// SPDX-License-Identifier: MIT
#include "vga_test_picture.h"

#include <algorithm>

#include "vga/rasteriser.h"

namespace oriel::test {
namespace {

void fill(std::vector<std::byte>& bytes, size_t size, Random& random) {
    bytes.resize(size);
    std::generate(bytes.begin(), bytes.end(),
                  [&] { return static_cast<std::byte>(random() & 0xff); });
}

}  // namespace

VgaTestPicture::VgaTestPicture(const VgaTestMode& mode, uint32_t seed) : random_{seed} {
    data_.size = mode.size;
    set_mode(mode);
    changed(Region{Rect::of(mode.size)});
}

void VgaTestPicture::set_mode(const VgaTestMode& mode) {
    data_.kind = mode.kind;
    data_.glyph_width = static_cast<uint8_t>(mode.glyph_width);
    data_.pixels_per_dot = static_cast<uint8_t>(mode.pixels_per_dot);
    // Room for the pixels that a line's panning pushes out on the left.
    const uint32_t ppu = data_.pixels_per_unit();
    const uint32_t dots = (mode.size.width + mode.pixels_per_dot - 1) / mode.pixels_per_dot;
    data_.columns = (dots + ppu - 1 + ppu - 1) / ppu;
    data_.rows = mode.rows != 0 ? mode.rows : (mode.size.height + 15) / 16;
    fill(data_.grid, size_t{data_.rows} * data_.columns * data_.unit_bytes(), random_);
    const bool text = mode.kind == VgaKind::kText;
    fill(data_.font, text ? 2 * VgaPictureData::kFontMapBytes : 0, random_);
    data_.lines.resize(mode.size.height);
    for (VgaLine& line : data_.lines) {
        line = {.row = static_cast<uint16_t>(random_.below(data_.rows)),
                .row_scan = static_cast<uint8_t>(random_.below(32)),
                .pan = static_cast<uint8_t>(random_.below(ppu))};
    }
    std::generate(data_.colours.begin(), data_.colours.end(), [&] { return random_() & 0xffffff; });
    data_.cursor = VgaCursor{.column = static_cast<uint16_t>(random_.below(data_.columns)),
                             .row = static_cast<uint16_t>(random_.below(data_.rows)),
                             .first_scan = 3,
                             .last_scan = 28};
    data_.blink = random_.one_in(2);
    data_.blink_off = random_.one_in(2);
    data_.line_graphics = random_.one_in(2);
    data_.underline_scan = static_cast<uint8_t>(random_.below(32));
    ++version_;
    data_.versions = {version_, version_, version_, version_,
                      std::vector<uint64_t>(data_.rows, version_)};
}

void VgaTestPicture::rasterise(uint32_t x, uint32_t y, uint32_t width, std::byte* pixels) const {
    vga::rasterise(data_, x, y, width, pixels);
}

std::vector<uint32_t> VgaTestPicture::expected(const Rect& part) const {
    std::vector<uint32_t> pixels(part.size().area());
    for (uint32_t y = 0; y < part.height; ++y) {
        rasterise(part.x, part.y + y, part.width,
                  reinterpret_cast<std::byte*>(pixels.data() + size_t{y} * part.width));
    }
    return pixels;
}

template <class Change>
Region VgaTestPicture::difference_after(Change&& change) {
    const Rect all = Rect::of(data_.size);
    const std::vector<uint32_t> before = expected(all);
    change();
    const std::vector<uint32_t> after = expected(all);
    Region damage;
    for (uint32_t y = 0; y < all.height; ++y) {
        const uint32_t* was = before.data() + size_t{y} * all.width;
        const uint32_t* is = after.data() + size_t{y} * all.width;
        const uint32_t* const end = is + all.width;
        const auto first = static_cast<uint32_t>(std::mismatch(is, end, was).first - is);
        uint32_t last = all.width;
        while (last > first && is[last - 1] == was[last - 1]) {
            --last;
        }
        if (last > first) {
            damage.add({first, y, last - first, 1});
        }
    }
    changed(damage);
    return damage;
}

Region VgaTestPicture::change() {
    switch (random_.below(data_.kind == VgaKind::kText ? 6 : 3)) {
        case 0:
            return change_cells(1 + random_.below(20));
        case 1:
            return change_lines();
        case 2:
            return change_colours();
        case 3:
            return change_font();
        case 4:
            return change_cursor();
        default:
            return change_blink();
    }
}

Region VgaTestPicture::change_cells(uint32_t count) {
    return difference_after([&] {
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t row = random_.below(data_.rows);
            const size_t bytes = size_t{data_.columns} * data_.unit_bytes();
            const size_t at = row * bytes + random_.below(static_cast<uint32_t>(bytes));
            data_.grid[at] = static_cast<std::byte>(random_() & 0xff);
            touch_row(row);
        }
    });
}

Region VgaTestPicture::change_all_cells() {
    return difference_after([&] {
        fill(data_.grid, data_.grid.size(), random_);
        for (uint32_t row = 0; row < data_.rows; ++row) {
            touch_row(row);
        }
    });
}

Region VgaTestPicture::change_lines() {
    return difference_after([&] {
        for (uint32_t i = 0; i < 5; ++i) {
            VgaLine& line = data_.lines[random_.below(data_.size.height)];
            line.row = static_cast<uint16_t>(random_.below(data_.rows));
            line.pan = static_cast<uint8_t>(random_.below(data_.pixels_per_unit()));
        }
        data_.versions.lines = ++version_;
    });
}

Region VgaTestPicture::change_font() {
    return difference_after([&] {
        const uint32_t size = static_cast<uint32_t>(data_.font.size());
        for (uint32_t i = 0; i < 40; ++i) {
            data_.font[random_.below(size)] = static_cast<std::byte>(random_() & 0xff);
        }
        data_.versions.font = ++version_;
    });
}

Region VgaTestPicture::change_colours() {
    return difference_after([&] {
        data_.colours[random_.below(data_.kind == VgaKind::kPacked ? 256 : 16)] =
            random_() & 0xffffff;
        data_.versions.colours = ++version_;
    });
}

Region VgaTestPicture::change_cursor() {
    return difference_after([&] {
        if (data_.cursor && random_.one_in(3)) {
            data_.cursor.reset();
            return;
        }
        const auto first = static_cast<uint8_t>(random_.below(32));
        data_.cursor = VgaCursor{
            .column = static_cast<uint16_t>(random_.below(data_.columns)),
            .row = static_cast<uint16_t>(random_.below(data_.rows)),
            .first_scan = first,
            .last_scan = static_cast<uint8_t>(first + random_.below(32u - first)),
        };
    });
}

Region VgaTestPicture::change_blink() {
    return difference_after([&] {
        switch (random_.below(4)) {
            case 0:
                data_.blink = !data_.blink;
                break;
            case 1:
                data_.line_graphics = !data_.line_graphics;
                break;
            case 2:
                data_.underline_scan = data_.underline_scan == VgaPictureData::kNoUnderline
                                           ? static_cast<uint8_t>(random_.below(32))
                                           : VgaPictureData::kNoUnderline;
                break;
            default:
                data_.blink_off = !data_.blink_off;
        }
    });
}

Region VgaTestPicture::add_rows(uint32_t count) {
    return difference_after([&] {
        data_.rows += count;
        data_.grid.resize(size_t{data_.rows} * data_.columns * data_.unit_bytes());
        data_.versions.shape = ++version_;
        data_.versions.rows.resize(data_.rows, version_);
    });
}

Region VgaTestPicture::become(const VgaTestMode& mode) {
    return difference_after([&] { set_mode(mode); });
}

}  // namespace oriel::test
