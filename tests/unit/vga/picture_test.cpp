// SPDX-License-Identifier: MIT
#include "vga/picture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "support/random.h"
#include "support/vga_modes.h"

namespace oriel::vga {
namespace {

namespace modes = test::vga_modes;

constexpr size_t kMemoryBytes = 0x40000;

struct Bench {
    ManualClock clock;
    Registers registers{clock};
    decltype(test::vga_ports_of(registers)) ports = test::vga_ports_of(registers);
    std::vector<std::byte> memory = std::vector<std::byte>(kMemoryBytes);
    std::shared_ptr<Picture> picture;

    explicit Bench(const test::VgaMode& mode) {
        ports.set_mode(mode);
        ports.set_colours();
        picture = std::make_shared<Picture>(layout());
        CHECK(picture->update(memory) == Region{all()});
        static_cast<void>(picture->set_phase({}));
    }
    [[nodiscard]] Layout layout() const {
        auto layout = decode(registers);
        REQUIRE(layout);
        return *layout;
    }
    [[nodiscard]] Rect all() const { return Rect::of(picture->data().size); }
    void put(uint32_t address, uint32_t plane, uint8_t value) {
        memory[size_t{address} * 4 + plane] = std::byte{value};
    }
    void put_cell(uint32_t cell, uint8_t character, uint8_t attribute) {
        put(cell * 2, 0, character);
        put(cell * 2, 1, attribute);
    }
    Region look() { return picture->update(memory); }
    Region relayout() {
        picture->set_layout(layout());
        return look();
    }
    /// How many pixels outside `damage` are different from what pixels() had before.
    [[nodiscard]] size_t missed(const std::vector<uint32_t>& before, const Region& damage) const {
        std::vector<uint32_t> now = pixels();
        const Size size = picture->data().size;
        damage.for_each([&](const Rect& rect) {
            for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
                const auto at = static_cast<ptrdiff_t>(size_t{y} * size.width + rect.x);
                std::copy_n(before.begin() + at, rect.width, now.begin() + at);
            }
        });
        size_t count = 0;
        for (size_t i = 0; i < now.size(); ++i) {
            count += now[i] != before[i] ? 1U : 0U;
        }
        return count;
    }
    [[nodiscard]] std::vector<uint32_t> pixels() const {
        const Size size = picture->data().size;
        std::vector<uint32_t> all(size.area());
        for (uint32_t y = 0; y < size.height; ++y) {
            picture->rasterise(0, y, size.width,
                               reinterpret_cast<std::byte*>(&all[size_t{y} * size.width]));
        }
        return all;
    }
    /// What a window shows.
    void check_storage() const {
        const MemoryBuffer& shown = picture->pixels()->latest();
        const std::vector<uint32_t> now = pixels();
        const Size size = picture->data().size;
        bool same = true;
        for (uint32_t y = 0; y < size.height; ++y) {
            same = same && std::memcmp(shown.row(y), &now[size_t{y} * size.width],
                                       size.width * size_t{4}) == 0;
        }
        CHECK(same);
    }
};

TEST_SUITE("vga picture") {
    TEST_CASE("when nothing has changed there is no damage and no pixel is copied") {
        Bench bench{modes::kText80x25};
        bench.check_storage();
        const uint64_t copied = bench.picture->storage()->bytes_copied();
        const auto versions = bench.picture->data().versions.rows;
        CHECK(bench.look().empty());
        CHECK(bench.relayout().empty());
        CHECK(bench.picture->set_phase({}).empty());
        bench.check_storage();
        CHECK(bench.picture->storage()->bytes_copied() == copied);
        CHECK(bench.picture->data().versions.rows == versions);
    }

    TEST_CASE("a cell that changes damages itself, and its row is newer than all others") {
        Bench bench{modes::kText80x25};
        const uint64_t before = bench.picture->data().versions.rows[3];
        bench.put_cell(3 * 80 + 5, 'A', 0x1f);
        CHECK(bench.look() == Region{Rect{45, 48, 9, 16}});
        const auto& versions = bench.picture->data().versions;
        CHECK(versions.rows[3] > before);
        CHECK(versions.rows[2] == before);
        CHECK(bench.picture->data().row(3)[10] == std::byte{'A'});
        CHECK(bench.picture->data().row(3)[11] == std::byte{0x1f});
        bench.check_storage();
    }

    TEST_CASE("a cell of doubled dots damages all of its pixels, panned or not") {
        Bench bench{modes::kText40x25};
        bench.put_cell(3 * 40 + 5, 'A', 0x1f);
        CHECK(bench.look() == Region{Rect{90, 48, 18, 16}});
        bench.check_storage();
        bench.ports.attribute(0x13, 2);  // three dots
        bench.ports.show();
        CHECK(bench.relayout() == Region{bench.all()});
        bench.put_cell(4 * 40, 'A', 0x1f);
        Region both{Rect{714, 48, 6, 16}};
        both.add(Rect{0, 64, 12, 16});
        CHECK(bench.look() == both);
        bench.check_storage();
        // The dot clock is part of the shape.
        bench.ports.sequencer(1, 0x00);
        CHECK_FALSE(bench.picture->fits(bench.layout()));
        bench.ports.crtc(0x11, 0x0e);  // not protected
        bench.ports.crtc(0x01, 0x4f);
        REQUIRE(bench.picture->fits(bench.layout()));
        const uint64_t before = bench.picture->data().versions.shape;
        CHECK(bench.relayout() == Region{bench.all()});
        CHECK(bench.picture->data().versions.shape > before);
    }

    TEST_CASE("many small changes that nobody rasterises become one large one") {
        Bench bench{modes::kPlanar640x480};
        bench.check_storage();
        const uint64_t before = bench.picture->storage()->bytes_copied();
        for (uint32_t column = 0; column < 20; column += 2) {
            for (uint32_t y = 0; y < 200; y += 2) {
                bench.put(y * 80 + column, 0, 1);
            }
            static_cast<void>(bench.look());
        }
        bench.check_storage();
        CHECK(bench.picture->storage()->bytes_copied() - before >= uint64_t{152} * 199 * 4);
    }

    TEST_CASE("what a text screen doesn't show does no damage") {
        Bench bench{modes::kText80x25};
        bench.put(3, 0, 'A');             // an odd address
        bench.put(6, 3, 0xff);            // the fourth plane
        bench.put_cell(80 * 30, 'A', 7);  // below the screen
        CHECK(bench.look().empty());
    }

    TEST_CASE("the damage of graphics is the units that changed, in all the lines that show them") {
        Bench planar{modes::kPlanar640x480};
        planar.put(100 * 80 + 7, 2, 1);
        planar.put(100 * 80 + 9, 0, 1);
        planar.put(101 * 80 + 8, 0, 1);
        CHECK(planar.look() == Region{Rect{56, 100, 24, 2}});
        planar.check_storage();
        Bench packed{modes::kPacked320x200};
        packed.put(199 * 320 + 316, 3, 1);
        CHECK(packed.look() == Region{Rect{316, 199, 4, 1}});
        Bench cga{modes::kCga320x200};
        cga.put(0x2000 + 80 + 2, 1, 0xff);
        CHECK(cga.look() == Region{Rect{8, 3, 8, 1}});
    }

    TEST_CASE("panning moves the damage, and a moved start compares what is there now") {
        Bench bench{modes::kPlanar640x480};
        bench.put(80, 0, 0xff);
        bench.look();
        bench.ports.attribute(0x13, 3);
        bench.ports.show();
        CHECK(bench.relayout() == Region{bench.all()});
        bench.put(3 * 80 + 1, 0, 1);
        CHECK(bench.look() == Region{Rect{5, 3, 8, 1}});
        bench.put(4 * 80 + 1, 0, 1);
        bench.put(4 * 80 + 79, 0, 1);
        CHECK(bench.look() == Region{Rect{5, 4, 632, 1}});
        // Left of its line, and right of the one above.
        bench.put(5 * 80, 0, 1);
        Region both{Rect{637, 4, 3, 1}};
        both.add(Rect{0, 5, 5, 1});
        CHECK(bench.look() == both);
        bench.ports.crtc(0x0d, 80);
        const Region scrolled = bench.relayout();
        CHECK(scrolled.contains({0, 0, 5, 2}));
        CHECK(scrolled.area() < 5000);
        bench.check_storage();
    }

    TEST_CASE("colours damage everything, colours that are not used by the kind nothing") {
        Bench bench{modes::kText80x25};
        bench.ports.colour(0x14, 1, 2, 3);
        CHECK(bench.relayout() == Region{bench.all()});
        bench.ports.colour(0xff, 1, 2, 3);
        CHECK(bench.relayout().empty());
    }

    TEST_CASE("a font that changes damages what is shown, one that isn't chosen doesn't") {
        Bench bench{modes::kText80x25};
        bench.put(0x4000 + 'A' * 32, 2, 0x55);
        CHECK(bench.look().empty());
        bench.put('A' * 32 + 3, 2, 0x55);
        const uint64_t before = bench.picture->data().versions.font;
        CHECK(bench.look() == Region{bench.all()});
        CHECK(bench.picture->data().versions.font > before);
        CHECK(bench.picture->data().font['A' * 32 + 3] == std::byte{0x55});
        bench.ports.sequencer(3, 0x05);
        CHECK(bench.relayout() == Region{bench.all()});
        CHECK(bench.picture->data().font['A' * 32] == std::byte{0x55});
    }

    TEST_CASE("a cursor damages its lines of its cell, where it was and where it is") {
        Bench bench{modes::kText80x25};
        static_cast<void>(bench.picture->set_phase({}));
        REQUIRE(bench.picture->data().cursor);
        bench.ports.crtc(0x0f, 81);
        CHECK(bench.relayout().empty());
        Region expected{Rect{0, 13, 9, 2}};
        expected.add(Rect{9, 29, 9, 2});
        CHECK(bench.picture->set_phase({}) == expected);
        bench.check_storage();
        CHECK(bench.picture->set_phase({.cursor_shown = false}) == Region{Rect{9, 29, 9, 2}});
        CHECK_FALSE(bench.picture->data().cursor);
        CHECK(bench.picture->blinks());
        bench.check_storage();
        bench.ports.crtc(0x0a, 0x20);
        bench.relayout();
        CHECK(bench.picture->set_phase({}).empty());
        CHECK_FALSE(bench.picture->blinks());
    }

    TEST_CASE("blinking damages the cells that blink and no others") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x0a, 0x20);
        bench.relayout();
        static_cast<void>(bench.picture->set_phase({}));
        bench.put_cell(5, 'A', 0x87);
        bench.put_cell(6, 'B', 0xf0);
        bench.put_cell(80 + 9, 'C', 0x84);
        bench.look();
        CHECK(bench.picture->blinks());
        Region expected{Rect{45, 0, 18, 16}};
        expected.add(Rect{81, 16, 9, 16});
        CHECK(bench.picture->set_phase({.text_shown = false}) == expected);
        bench.check_storage();
        CHECK(bench.picture->set_phase({.text_shown = false}).empty());
        CHECK(bench.picture->set_phase({}) == expected);
        bench.ports.attribute(0x10, 0x04);
        bench.ports.show();
        CHECK(bench.relayout() == Region{bench.all()});
        CHECK_FALSE(bench.picture->blinks());
        CHECK(bench.picture->set_phase({.text_shown = false}).empty());
    }

    TEST_CASE("cells that blink on both sides of a split that shows the same row, panned or not") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x0a, 0x20);
        bench.ports.crtc(0x13, 0);
        bench.ports.crtc(0x07, 0x0f);
        bench.ports.crtc(0x09, 0x0f);
        bench.ports.crtc(0x18, 19);
        bench.ports.attribute(0x10, 0x2c);
        bench.ports.attribute(0x13, 2);
        bench.ports.show();
        bench.relayout();
        bench.put_cell(1, 'A', 0x87);
        bench.put_cell(5, 'A', 0x87);
        bench.look();
        Region expected{Rect{6, 0, 9, 20}};
        expected.add(Rect{42, 0, 9, 20});
        expected.add(Rect{9, 20, 9, 380});
        expected.add(Rect{45, 20, 9, 380});
        CHECK(bench.picture->set_phase({.text_shown = false}) == expected);
        bench.check_storage();
    }

    TEST_CASE("what blinks right of the screen needs no phase") {
        Bench bench{modes::kText80x25};
        bench.ports.crtc(0x0a, 0x20);
        bench.relayout();
        bench.put_cell(80 * 25, 'A', 0x87);
        CHECK(bench.look().empty());
        CHECK_FALSE(bench.picture->blinks());
        bench.put_cell(80 * 25 - 1, 'A', 0x87);
        bench.look();
        CHECK(bench.picture->blinks());
    }

    TEST_CASE("more rows or columns are a new shape, the same layout again is not") {
        Bench bench{modes::kText80x25};
        const uint64_t before = bench.picture->data().versions.shape;
        bench.relayout();
        CHECK(bench.picture->data().versions.shape == before);
        bench.ports.crtc(0x08, 1);
        CHECK(bench.relayout() == Region{bench.all()});
        CHECK(bench.picture->data().versions.shape > before);
        CHECK(bench.picture->data().rows == 26);
    }

    TEST_CASE("rows that many lines show, no line shows, or that lie over each other") {
        Bench bench{modes::kPacked320x200};
        bench.ports.crtc(0x13, 0);
        bench.relayout();
        CHECK(bench.picture->data().rows == 1);
        bench.put(8, 1, 9);
        CHECK(bench.look() == Region{Rect{8, 0, 4, 200}});
        bench.ports.crtc(0x13, 1);
        bench.relayout();
        CHECK(bench.picture->data().rows == 200);
        bench.put(16, 1, 9);
        CHECK(bench.look().area() == 3 * 4);
        bench.check_storage();
    }

    TEST_CASE("a bochs mode reaches all memory and no byte more") {
        ManualClock clock;
        const Registers registers{clock};
        std::vector<std::byte> memory(0x100000);
        // Starts at an odd byte and ends with the memory.
        const DispiMode mode{.size = {1021, 1024}, .bpp = 8, .stride = 1023, .offset = 1026};
        auto picture = std::make_shared<Picture>(decode(registers, mode));
        static_cast<void>(picture->update(memory));
        memory[mode.offset + 1023 * mode.stride + 1020] = std::byte{1};
        const Region damage = picture->update(memory);
        CHECK(damage.contains({1020, 1023, 1, 1}));
        CHECK(damage.area() <= 4);
        memory.back() = std::byte{1};
        CHECK(picture->update(memory).area() <= 4);
    }

    TEST_CASE(
        "random registers, memory, fonts and colours: damage covers every pixel that changes") {
        test::Random random{11};
        for (const test::VgaMode* mode :
             {&modes::kText80x25, &modes::kText40x25, &modes::kCga320x200, &modes::kPlanar640x200,
              &modes::kPlanar320x200, &modes::kUnchained320x240}) {
            Bench bench{*mode};
            for (std::byte& byte : bench.memory) {
                byte = static_cast<std::byte>(random());
            }
            bench.look();
            for (int round = 0; round < 60; ++round) {
                const std::vector<uint32_t> before = bench.pixels();
                Region damage;
                for (int i = 0; i < 5; ++i) {
                    bench.memory[random.below(0x8000)] = static_cast<std::byte>(random());
                    bench.memory[random.below(kMemoryBytes)] = static_cast<std::byte>(random());
                }
                if (random.one_in(3)) {
                    bench.ports.crtc(static_cast<uint8_t>(0x08 + random.below(8)),
                                     static_cast<uint8_t>(random()));
                    bench.ports.attribute(static_cast<uint8_t>(0x10 + random.below(5)),
                                          static_cast<uint8_t>(random()));
                    bench.ports.show();
                    bench.ports.colour(static_cast<uint8_t>(random()), 1, 2, 3);
                    const Layout layout = bench.layout();
                    if (!bench.picture->fits(layout)) {
                        bench.picture = std::make_shared<Picture>(layout);
                        bench.look();
                        continue;
                    }
                    bench.picture->set_layout(layout);
                }
                damage.add(bench.look());
                damage.add(bench.picture->set_phase(
                    {.cursor_shown = random.one_in(2), .text_shown = random.one_in(2)}));
                CHECK(bench.missed(before, damage) == 0);
                bench.check_storage();
            }
        }
    }
}

}  // namespace
}  // namespace oriel::vga
