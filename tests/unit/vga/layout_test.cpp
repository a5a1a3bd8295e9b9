// SPDX-License-Identifier: MIT
#include "vga/layout.h"

#include <doctest/doctest.h>

#include "support/random.h"
#include "support/vga_modes.h"

namespace oriel::vga {
namespace {

namespace modes = test::vga_modes;

struct Bench {
    ManualClock clock;
    Registers registers{clock};
    decltype(test::vga_ports_of(registers)) ports = test::vga_ports_of(registers);

    explicit Bench(const test::VgaMode& mode) { ports.set_mode(mode); }
    [[nodiscard]] Layout layout() const {
        auto layout = decode(registers);
        REQUIRE(layout);
        return *layout;
    }
};

/// The unit address of pixel (x, y)'s unit.
uint32_t address_of(const Layout& layout, uint32_t x, uint32_t y) {
    const VgaLine& line = layout.lines[y];
    const uint32_t pixel = x / layout.pixels_per_dot + line.pan;
    return layout.address(layout.rows[line.row], pixel / layout.pixels_per_unit());
}

TEST_SUITE("vga layout") {
    TEST_CASE("the standard modes are what a BIOS programmer expects") {
        struct Expected {
            const test::VgaMode& mode;
            const char* name;
            VgaKind kind;
            Size size;
            uint32_t rows;
        };
        const Expected expected[] = {
            {modes::kText80x25, "text 80x25", VgaKind::kText, {720, 400}, 25},
            {modes::kText40x25, "text 40x25", VgaKind::kText, {720, 400}, 25},
            {modes::kText40x25Dots8, "text 40x25", VgaKind::kText, {320, 200}, 25},
            {modes::kText80x43, "text 80x43", VgaKind::kText, {640, 350}, 44},
            {modes::kText80x50, "text 80x50", VgaKind::kText, {720, 400}, 50},
            {modes::kText80x25Mono, "text 80x25", VgaKind::kText, {720, 400}, 25},
            {modes::kCga320x200, "cga 320x200x2", VgaKind::kInterleaved, {320, 200}, 200},
            {modes::kCga640x200, "cga 640x200x1", VgaKind::kPlanar, {640, 400}, 200},
            {modes::kPlanar320x200, "planar 320x200x4", VgaKind::kPlanar, {320, 200}, 200},
            {modes::kPlanar640x200, "planar 640x200x4", VgaKind::kPlanar, {640, 400}, 200},
            {modes::kPlanar640x350, "planar 640x350x4", VgaKind::kPlanar, {640, 350}, 350},
            {modes::kPlanar640x480, "planar 640x480x4", VgaKind::kPlanar, {640, 480}, 480},
            {modes::kPacked320x200, "packed 320x200x8", VgaKind::kPacked, {320, 200}, 200},
            {modes::kUnchained320x240, "packed 320x240x8", VgaKind::kPacked, {320, 240}, 240},
            {modes::kUnchained360x480, "packed 360x480x8", VgaKind::kPacked, {360, 480}, 480},
        };
        for (const Expected& mode : expected) {
            CAPTURE(mode.name);
            const Bench bench{mode.mode};
            const Layout layout = bench.layout();
            CHECK(layout.name == mode.name);
            CHECK(layout.kind == mode.kind);
            CHECK(layout.size == mode.size);
            CHECK(layout.rows.size() == mode.rows);
            CHECK(layout.lines.size() == mode.size.height);
            for (const VgaLine& line : layout.lines) {
                CHECK(line.pan == 0);
            }
        }
    }

    TEST_CASE(
        "nothing is shown before a mode is set, while the screen is off or the palette "
        "closed") {
        ManualClock clock;
        const Registers untouched{clock};
        CHECK_FALSE(decode(untouched));
        Bench bench{modes::kText80x25};
        CHECK(decode(bench.registers));
        bench.ports.sequencer(1, 0x20);
        CHECK_FALSE(decode(bench.registers));
        bench.ports.sequencer(1, 0x00);
        bench.ports.attribute(0x10, 0x0c);
        CHECK_FALSE(decode(bench.registers));
        bench.ports.show();
        CHECK(decode(bench.registers));
    }

    TEST_CASE("text is at every other address, a row of 80 cells after the other") {
        Bench bench{modes::kText80x25};
        const Layout layout = bench.layout();
        CHECK(address_of(layout, 0, 0) == 0);
        CHECK(address_of(layout, 9, 0) == 2);
        CHECK(address_of(layout, 719, 15) == 158);
        CHECK(address_of(layout, 0, 16) == 160);
        CHECK(layout.lines[17].row_scan == 1);
        // In words from the start.
        bench.ports.crtc(0x0c, 0x01);
        bench.ports.crtc(0x0d, 0x02);
        CHECK(address_of(bench.layout(), 0, 0) == 0x204);
    }

    TEST_CASE("with half the dot clock text is as wide as a monitor shows it") {
        Bench bench{modes::kText40x25};
        Layout layout = bench.layout();
        CHECK(layout.pixels_per_dot == 2);
        CHECK(layout.columns == 41);
        CHECK(address_of(layout, 17, 0) == 0);
        CHECK(address_of(layout, 18, 0) == 2);
        CHECK(address_of(layout, 719, 0) == 78);
        bench.ports.crtc(0x0f, 39);
        CHECK(bench.layout().cursor == VgaCursor{39, 0, 13, 14});
        // Between the last cell of this row and the first of the next.
        bench.ports.crtc(0x13, 0x20);
        bench.ports.crtc(0x0f, 40);
        CHECK_FALSE(bench.layout().cursor);
        bench.ports.sequencer(1, 0x00);
        CHECK(bench.layout().pixels_per_dot == 1);
        CHECK(bench.layout().size == Size{360, 400});
    }

    TEST_CASE("scan lines that come twice are kept unless pixels are as wide as they are high") {
        // Text of 80 columns in 8 lines each, doubled.
        Bench text{modes::kText80x25};
        text.ports.crtc(0x09, 0xc7);
        CHECK(text.layout().size == Size{720, 400});
        CHECK(text.layout().name == "text 80x25");
        CHECK(text.layout().lines[3].row_scan == 1);
        CHECK(Bench{modes::kText40x25Dots8}.layout().pixels_per_dot == 1);
        // Four lines each.
        Bench packed{modes::kPacked320x200};
        packed.ports.crtc(0x09, 0x43);
        CHECK(packed.layout().name == "packed 320x100x8");
        CHECK(packed.layout().size == Size{320, 200});
        CHECK(packed.layout().rows.size() == 100);
    }

    TEST_CASE("word mode wraps where a CGA's memory did, or at 64 KiB") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x0c, 0x20);
        bench.ports.crtc(0x0d, 0x01);
        CHECK(address_of(bench.layout(), 0, 0) == 0x4002);
        bench.ports.crtc(0x17, 0x83);
        CHECK(address_of(bench.layout(), 0, 0) == 0x4003);
    }

    TEST_CASE("every other line of a CGA picture is 8 KiB further on") {
        const Layout layout = Bench{modes::kCga320x200}.layout();
        CHECK(address_of(layout, 0, 0) == 0);
        CHECK(address_of(layout, 8, 0) == 2);
        CHECK(address_of(layout, 0, 1) == 0x2000);
        CHECK(address_of(layout, 0, 2) == 80);
        const Layout mono = Bench{modes::kCga640x200}.layout();
        CHECK(address_of(mono, 8, 0) == 1);
        CHECK(address_of(mono, 0, 1) == 0);
        CHECK(address_of(mono, 0, 2) == 0x2000);
        CHECK(address_of(mono, 0, 6) == 0x2050);
    }

    TEST_CASE("the row scan also replaces bit 14: Hercules' four banks") {
        Bench bench{modes::kCga640x200};
        bench.ports.crtc(0x17, 0xc0);
        bench.ports.crtc(0x09, 0x03);
        const Layout layout = bench.layout();
        CHECK(layout.size.height == 400);
        CHECK(address_of(layout, 0, 1) == 0x2000);
        CHECK(address_of(layout, 0, 2) == 0x4000);
        CHECK(address_of(layout, 0, 3) == 0x6000);
        CHECK(address_of(layout, 0, 4) == 80);
    }

    TEST_CASE("planes are addressed by bytes, chained ones by doublewords") {
        const Layout planar = Bench{modes::kPlanar640x480}.layout();
        CHECK(address_of(planar, 8, 0) == 1);
        CHECK(address_of(planar, 0, 479) == 479 * 80);
        const Layout chained = Bench{modes::kPacked320x200}.layout();
        CHECK(address_of(chained, 4, 0) == 4);
        CHECK(address_of(chained, 0, 199) == 199 * 320);
        const Layout unchained = Bench{modes::kUnchained320x240}.layout();
        CHECK(address_of(unchained, 4, 0) == 1);
        CHECK(address_of(unchained, 0, 239) == 239 * 80);
    }

    TEST_CASE("the counter can move every second or fourth unit") {
        Bench bench{modes::kPlanar640x480};
        bench.ports.crtc(0x17, 0xeb);
        CHECK(address_of(bench.layout(), 8, 0) == 0);
        CHECK(address_of(bench.layout(), 24, 0) == 1);
        bench.ports.crtc(0x14, 0x20);
        CHECK(address_of(bench.layout(), 24, 0) == 0);
        CHECK(address_of(bench.layout(), 32, 0) == 1);
    }

    TEST_CASE("the offset register is the pitch, and addresses wrap at 64 Ki units") {
        Bench bench{modes::kPlanar640x480};
        bench.ports.crtc(0x13, 0x80);
        CHECK(address_of(bench.layout(), 0, 3) == 0x300);
        bench.ports.crtc(0x0c, 0xff);
        bench.ports.crtc(0x0d, 0xff);
        CHECK(address_of(bench.layout(), 0, 0) == 0xffff);
        CHECK(address_of(bench.layout(), 8, 0) == 0);
        CHECK(address_of(bench.layout(), 0, 1) == 0xff);
        CHECK_FALSE(bench.layout().in_sequence(bench.layout().rows[0]));
        CHECK(bench.layout().in_sequence(bench.layout().rows[1]));
    }

    TEST_CASE("byte panning starts a few units later, preset row scan a few lines down") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x08, 0x43);
        const Layout layout = bench.layout();
        CHECK(address_of(layout, 0, 0) == 4);
        CHECK(layout.lines[0].row_scan == 3);
        CHECK(layout.lines[12].row_scan == 15);
        CHECK(layout.lines[13].row_scan == 0);
        CHECK(layout.rows.size() == 26);
    }

    TEST_CASE("a preset row scan beyond the last runs to 31 and begins again") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x08, 0x1e);
        const Layout layout = bench.layout();
        CHECK(layout.lines[0].row_scan == 30);
        CHECK(layout.lines[1].row_scan == 31);
        CHECK(layout.lines[2].row_scan == 0);
        CHECK(layout.lines[17].row_scan == 15);
        CHECK(layout.lines[17].row == 0);
        CHECK(layout.lines[18].row == 1);
    }

    TEST_CASE("panning moves by pixels, in cells of nine dots the other way round the corner") {
        const auto pan = [](const test::VgaMode& mode, uint8_t value) {
            Bench bench{mode};
            bench.ports.attribute(0x13, value);
            bench.ports.show();
            return bench.layout().lines[0].pan;
        };
        CHECK(pan(modes::kText80x25, 8) == 0);
        CHECK(pan(modes::kText80x25, 0) == 1);
        CHECK(pan(modes::kText80x25, 7) == 8);
        CHECK(pan(modes::kText80x43, 0) == 0);
        CHECK(pan(modes::kText80x43, 5) == 5);
        CHECK(pan(modes::kPlanar640x480, 7) == 7);
        CHECK(pan(modes::kPacked320x200, 2) == 1);
        CHECK(pan(modes::kPacked320x200, 6) == 3);
    }

    TEST_CASE("below the line compare the picture starts at address 0, panned or not") {
        Bench bench{modes::kPlanar640x480};
        bench.ports.crtc(0x0c, 0x10);
        bench.ports.crtc(0x18, 99);
        bench.ports.crtc(0x07, 0x2e);
        bench.ports.crtc(0x09, 0x00);
        bench.ports.attribute(0x13, 3);
        bench.ports.show();
        Layout layout = bench.layout();
        CHECK(address_of(layout, 0, 99) == 0x1000 + 99 * 80);
        CHECK(address_of(layout, 0, 100) == 0);
        CHECK(address_of(layout, 0, 101) == 80);
        CHECK(layout.lines[99].pan == 3);
        CHECK(layout.lines[100].pan == 3);
        bench.ports.attribute(0x10, 0x21);
        bench.ports.show();
        layout = bench.layout();
        CHECK(layout.lines[99].pan == 3);
        CHECK(layout.lines[100].pan == 0);
    }

    TEST_CASE("the line compare counts scan lines as the monitor does: twice those of mode 13h") {
        Bench bench{modes::kPacked320x200};
        bench.ports.crtc(0x0c, 0x10);
        bench.ports.crtc(0x18, 199);
        bench.ports.crtc(0x07, 0x0f);
        bench.ports.crtc(0x09, 0x01);
        const Layout layout = bench.layout();
        CHECK(layout.size == Size{320, 200});
        CHECK(address_of(layout, 0, 99) == 0x4000 + 99 * 320);
        CHECK(address_of(layout, 0, 100) == 0);
        CHECK(address_of(layout, 0, 199) == 99 * 320);
    }

    TEST_CASE("a split in text starts with the first line of a cell") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x0d, 80);
        bench.ports.crtc(0x18, 20);
        bench.ports.crtc(0x07, 0x0f);
        bench.ports.crtc(0x09, 0x0f);
        const Layout layout = bench.layout();
        CHECK(address_of(layout, 0, 20) == 320);
        CHECK(layout.lines[20].row_scan == 4);
        CHECK(address_of(layout, 0, 21) == 0);
        CHECK(layout.lines[21].row_scan == 0);
    }

    TEST_CASE("the cursor is where the location says, with the lines that it has") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x0e, 0x00);
        bench.ports.crtc(0x0f, 83);
        auto cursor = bench.layout().cursor;
        REQUIRE(cursor);
        CHECK(*cursor == VgaCursor{3, 1, 13, 14});
        // Locations count from address 0, not from the start of the screen.
        bench.ports.crtc(0x0d, 80);
        CHECK(*bench.layout().cursor == VgaCursor{3, 0, 13, 14});
        bench.ports.crtc(0x0d, 160);
        CHECK_FALSE(bench.layout().cursor);
    }

    TEST_CASE("a cursor that is off, ends before it starts or starts below its cell isn't there") {
        Bench bench{modes::kText80x25};
        CHECK(bench.layout().cursor);
        bench.ports.crtc(0x0a, 0x2d);
        CHECK_FALSE(bench.layout().cursor);
        bench.ports.crtc(0x0a, 0x0f);
        CHECK_FALSE(bench.layout().cursor);
        bench.ports.crtc(0x0a, 0x10);
        bench.ports.crtc(0x0b, 0x1f);
        CHECK_FALSE(bench.layout().cursor);
        bench.ports.crtc(0x0a, 0x00);
        CHECK(bench.layout().cursor == VgaCursor{0, 0, 0, 31});
    }

    TEST_CASE("two of eight fonts are chosen, in an order that grew") {
        Bench bench{modes::kText80x25};
        CHECK(bench.layout().fonts == std::array<uint32_t, 2>{0, 0});
        bench.ports.sequencer(3, 0x24);  // A (bit 3 set): 5; B: 0
        CHECK(bench.layout().fonts == std::array<uint32_t, 2>{0, 0x6000});
        bench.ports.sequencer(3, 0x13);  // A: 0; B: 7
        CHECK(bench.layout().fonts == std::array<uint32_t, 2>{0xe000, 0});
    }

    TEST_CASE("attributes: blink, line graphics and the underline's line") {
        Bench bench{modes::kText80x25};
        CHECK(bench.layout().blink);
        CHECK(bench.layout().line_graphics);
        CHECK(bench.layout().underline_scan == 0x1f);
        bench.ports.attribute(0x10, 0x00);
        bench.ports.show();
        CHECK_FALSE(bench.layout().blink);
        CHECK_FALSE(bench.layout().line_graphics);
        CHECK(Bench{modes::kText80x25Mono}.layout().underline_scan == 0x0f);
    }

    TEST_CASE("colours go through the palette, the plane enable and the colour select") {
        Bench bench{modes::kText80x25};
        bench.ports.colour(0x14, 0x3f, 0x20, 0x00);
        bench.ports.colour(0x54, 0x00, 0x00, 0x3f);
        bench.ports.colour(0xa4, 0x00, 0x3f, 0x00);
        CHECK(bench.layout().colours[6] == 0xff8200);
        bench.ports.attribute(0x12, 0x06);
        bench.ports.show();
        CHECK(bench.layout().colours[7] == 0xff8200);
        bench.ports.attribute(0x14, 0x05);  // bits 2 and 3 are colour bits 6 and 7
        bench.ports.show();
        CHECK(bench.layout().colours[6] == 0x0000ff);
        bench.ports.attribute(0x10, 0x8c);
        bench.ports.attribute(0x14, 0x0a);  // now also bits 4 and 5
        bench.ports.show();
        CHECK(bench.layout().colours[6] == 0x00ff00);
    }

    TEST_CASE("a screen is never larger than 2048x2048, nor smaller than a pixel") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x11, 0x0e);  // not protected
        bench.ports.crtc(0x01, 0xff);
        bench.ports.crtc(0x12, 0xff);
        bench.ports.crtc(0x07, 0xff);
        bench.ports.crtc(0x17, 0xa7);
        CHECK(bench.layout().size == Size{2048, 2048});
        CHECK(bench.layout().columns == (2048 + 16) / 9);
        bench.ports.crtc(0x01, 0);
        bench.ports.crtc(0x12, 0);
        bench.ports.crtc(0x07, 0);
        bench.ports.crtc(0x17, 0xa3);
        bench.ports.crtc(0x09, 0x9f);
        CHECK(bench.layout().size == Size{9, 1});
    }

    TEST_CASE("bochs modes of 8 bits start at any byte, those of 4 bits at any unit") {
        ManualClock clock;
        const Registers registers{clock};
        const Layout packed =
            decode(registers, {.size = {10, 3}, .bpp = 8, .stride = 11, .offset = 6});
        CHECK(packed.name == "bochs 10x3x8");
        CHECK(packed.lines == std::vector<VgaLine>{{0, 0, 2}, {1, 0, 1}, {2, 0, 0}});
        CHECK(packed.address(packed.rows[2], 1) == 8);
        CHECK(packed.columns == 3);
        const Layout planar =
            decode(registers, {.size = {640, 2}, .bpp = 4, .stride = 100, .offset = 0x12345});
        CHECK(planar.kind == VgaKind::kPlanar);
        CHECK(planar.columns == 80);
        CHECK(planar.address(planar.rows[1], 3) == 0x12345 + 103);
    }

    TEST_CASE("whatever a guest writes, every index is in range") {
        test::Random random{7};
        ManualClock clock;
        Registers registers{clock};
        int shown = 0;
        for (int round = 0; round < 2000; ++round) {
            for (int i = 0; i < 30; ++i) {
                const auto port = static_cast<uint16_t>(0x3c0 + random.below(0x20));
                registers.write(port, static_cast<uint8_t>(random()));
            }
            if (!random.one_in(4)) {
                test::vga_ports_of(registers).show();
            }
            const auto layout = decode(registers);
            if (!layout) {
                continue;
            }
            ++shown;
            CHECK_FALSE(layout->size.empty());
            CHECK(layout->size.width <= Layout::kMaxSide);
            CHECK(layout->size.height <= Layout::kMaxSide);
            REQUIRE(layout->lines.size() == layout->size.height);
            bool good = true;
            for (const VgaLine& line : layout->lines) {
                good = good && line.row < layout->rows.size() && line.row_scan < 32 &&
                       line.pan < layout->pixels_per_unit();
            }
            CHECK(good);
            CHECK(layout->size.width % layout->pixels_per_dot == 0);
            CHECK(uint64_t{layout->columns} * layout->pixels_per_unit() >=
                  layout->size.width / layout->pixels_per_dot + layout->pixels_per_unit() - 1);
            for (const LayoutRow& row : layout->rows) {
                good = good && layout->address(row, layout->columns - 1) <= 0xffff;
            }
            CHECK(good);
            if (layout->cursor) {
                CHECK(layout->cursor->row < layout->rows.size());
                CHECK(layout->cursor->column < layout->columns);
                CHECK(layout->cursor->first_scan <= layout->cursor->last_scan);
            }
        }
        CHECK(shown > 100);
    }
}

}  // namespace
}  // namespace oriel::vga
