// SPDX-License-Identifier: MIT
#include "vga/memory_window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace oriel::vga {
namespace {

constexpr uint32_t kB0000 = 0x10000;
constexpr uint32_t kB8000 = 0x18000;

struct Bench {
    explicit Bench(size_t size = 0x40000)
        : memory(size), dispi{size}, window{registers, dispi, memory} {
        registers.write(0x3c2, 0x23);  // colour, RAM on, low page
        sequencer(2, 0x0f);
        sequencer(4, 0x06);  // extended memory, sequential
        graphics(5, 0x00);
        graphics(6, 0x05);  // 64 KiB at 0xa0000
        graphics(7, 0x0f);
        graphics(8, 0xff);
    }
    void sequencer(uint8_t index, uint8_t value) {
        registers.write(0x3c4, index);
        registers.write(0x3c5, value);
    }
    void graphics(uint8_t index, uint8_t value) {
        registers.write(0x3ce, index);
        registers.write(0x3cf, value);
    }
    void set(uint32_t unit, std::array<uint8_t, 4> planes) {
        for (size_t plane = 0; plane < 4; ++plane) {
            memory[size_t{unit} * 4 + plane] = std::byte{planes[plane]};
        }
    }
    std::array<uint8_t, 4> unit(uint32_t at) const {
        std::array<uint8_t, 4> planes{};
        for (size_t plane = 0; plane < 4; ++plane) {
            planes[plane] = std::to_integer<uint8_t>(memory[size_t{at} * 4 + plane]);
        }
        return planes;
    }
    void enable(uint16_t xres, uint16_t yres, uint16_t bpp) {
        dispi.write(1, xres);
        dispi.write(2, yres);
        dispi.write(3, bpp);
        dispi.write(4, Dispi::kEnabled);
    }

    ManualClock clock;
    Registers registers{clock};
    std::vector<std::byte> memory;
    Dispi dispi;
    MemoryWindow window;
};
using Planes = std::array<uint8_t, 4>;

TEST_SUITE("vga memory window") {
    TEST_CASE("four maps of 128, 64, 32 and 32 KiB; outside of them nobody answers") {
        struct Case {
            uint8_t map;
            uint32_t first;
            uint32_t last;
        };
        for (const Case& c : {Case{0x01, 0, 0x1ffff}, Case{0x05, 0, 0xffff},
                              Case{0x09, kB0000, 0x17fff}, Case{0x0d, kB8000, 0x1ffff}}) {
            CAPTURE(c.map);
            Bench bench;
            bench.graphics(6, c.map);
            bench.window.write(c.first, 0x11);
            CHECK(bench.unit(0) == Planes{0x11, 0x11, 0x11, 0x11});
            CHECK(bench.window.read(c.first) == 0x11);
            CHECK(bench.window.read(c.last) == 0);
            for (const uint32_t outside : {c.first - 1, c.last + 1}) {
                if (outside < MemoryWindow::kBytes) {
                    bench.window.write(outside, 0x22);
                    CHECK(bench.window.read(outside) == 0xff);
                }
            }
            CHECK(bench.unit(0xffff) == Planes{});
        }
    }

    TEST_CASE("with the RAM switched off in misc output there is nothing") {
        Bench bench;
        bench.registers.write(0x3c2, 0x21);
        bench.window.write(0, 0x11);
        CHECK(bench.window.read(0) == 0xff);
        CHECK(bench.unit(0) == Planes{});
    }

    TEST_CASE("read mode 0 reads the chosen plane and loads the latches") {
        Bench bench;
        bench.set(5, {0x10, 0x21, 0x32, 0x43});
        for (uint8_t plane = 0; plane < 4; ++plane) {
            bench.graphics(4, plane);
            CHECK(bench.window.read(5) == 0x10 + 0x11 * plane);
        }
        bench.graphics(5, 0x01);  // write mode 1: the latches as they are
        bench.window.write(9, 0x99);
        CHECK(bench.unit(9) == Planes{0x10, 0x21, 0x32, 0x43});
    }

    TEST_CASE("read mode 1 finds a colour in the planes that are cared for") {
        Bench bench;
        bench.graphics(5, 0x08);
        bench.set(0, {0b11110000, 0b11001100, 0b10101010, 0b00000000});
        bench.graphics(2, 0b0101);
        CHECK(bench.window.read(0) == 0b00100000);
        bench.graphics(7, 0b0001);  // plane 0 alone
        CHECK(bench.window.read(0) == 0b11110000);
        bench.graphics(7, 0);
        CHECK(bench.window.read(0) == 0xff);
    }

    TEST_CASE("write mode 0 rotates, sets or resets, and keeps what the bit mask leaves out") {
        Bench bench;
        bench.graphics(3, 0x01);
        bench.window.write(0, 0x81);
        CHECK(bench.unit(0) == Planes{0xc0, 0xc0, 0xc0, 0xc0});
        bench.graphics(3, 0);
        bench.graphics(0, 0b0101);
        bench.graphics(1, 0b0011);  // planes 0 and 1 fixed: 1 and 0
        bench.window.write(1, 0x3c);
        CHECK(bench.unit(1) == Planes{0xff, 0x00, 0x3c, 0x3c});
        bench.graphics(1, 0);
        bench.graphics(8, 0x0f);
        static_cast<void>(bench.window.read(1));
        bench.window.write(1, 0xa5);
        CHECK(bench.unit(1) == Planes{0xf5, 0x05, 0x35, 0x35});
    }

    TEST_CASE("the logical functions combine data and latches") {
        constexpr Planes kLatches{0x0f, 0x33, 0x55, 0xff};
        struct Case {
            uint8_t function;
            Planes result;
        };
        for (const Case& c :
             {Case{0, {0x3c, 0x3c, 0x3c, 0x3c}}, Case{1, {0x0c, 0x30, 0x14, 0x3c}},
              Case{2, {0x3f, 0x3f, 0x7d, 0xff}}, Case{3, {0x33, 0x0f, 0x69, 0xc3}}}) {
            CAPTURE(c.function);
            Bench bench;
            bench.set(0, kLatches);
            static_cast<void>(bench.window.read(0));
            bench.graphics(3, static_cast<uint8_t>(c.function << 3));
            bench.window.write(0, 0x3c);
            CHECK(bench.unit(0) == c.result);
        }
    }

    TEST_CASE("write mode 2 takes the data as a colour, write mode 3 as a mask") {
        Bench bench;
        bench.graphics(5, 0x02);
        bench.graphics(8, 0xf0);
        bench.window.write(0, 0b1010);
        CHECK(bench.unit(0) == Planes{0x00, 0xf0, 0x00, 0xf0});
        bench.graphics(5, 0x03);
        bench.graphics(0, 0b0001);
        bench.graphics(3, 0x04);  // rotate by four
        bench.set(1, {0, 0xff, 0, 0xff});
        static_cast<void>(bench.window.read(1));
        bench.window.write(1, 0x3c);  // rotated 0xc3, masked 0xc0
        CHECK(bench.unit(1) == Planes{0xc0, 0x3f, 0x00, 0x3f});
    }

    TEST_CASE("the map mask protects planes in every write mode") {
        for (uint8_t mode = 0; mode < 4; ++mode) {
            CAPTURE(mode);
            Bench bench;
            bench.set(0, {1, 2, 3, 4});
            bench.set(1, {0xaa, 0xbb, 0xcc, 0xdd});
            static_cast<void>(bench.window.read(1));
            bench.graphics(5, mode);
            bench.sequencer(2, 0b0100);
            bench.window.write(0, 0xff);
            const Planes now = bench.unit(0);
            CHECK(now[0] == 1);
            CHECK(now[1] == 2);
            CHECK(now[2] != 3);
            CHECK(now[3] == 4);
        }
    }

    TEST_CASE("chain 4: two address bits choose the plane, the unit keeps the others") {
        Bench bench;
        bench.sequencer(4, 0x0e);
        for (uint8_t i = 0; i < 8; ++i) {
            bench.window.write(i, static_cast<uint8_t>(0x10 + i));
        }
        CHECK(bench.unit(0) == Planes{0x10, 0x11, 0x12, 0x13});
        CHECK(bench.unit(4) == Planes{0x14, 0x15, 0x16, 0x17});
        CHECK(bench.unit(1) == Planes{});
        CHECK(bench.window.read(6) == 0x16);
        bench.sequencer(2, 0b1101);
        bench.window.write(1, 0x99);
        CHECK(bench.window.read(1) == 0x11);
    }

    TEST_CASE("odd/even: characters in plane 0, attributes in plane 1, of even units") {
        Bench bench;
        bench.sequencer(4, 0x02);
        bench.sequencer(2, 0x03);
        bench.graphics(5, 0x10);
        bench.graphics(6, 0x0e);
        bench.window.write(kB8000 + 2, 'A');
        bench.window.write(kB8000 + 3, 0x07);
        CHECK(bench.unit(2) == Planes{'A', 0x07, 0, 0});
        CHECK(bench.unit(3) == Planes{});
        CHECK(bench.window.read(kB8000 + 2) == 'A');
        CHECK(bench.window.read(kB8000 + 3) == 0x07);
        // The page bit: the other 64 KiB of each pair of planes.
        bench.registers.write(0x3c2, 0x03);
        CHECK(bench.window.read(kB8000 + 2) == 0);
        bench.window.write(kB8000 + 2, 'B');
        CHECK(bench.unit(3) == Planes{'B', 0, 0, 0});
    }

    TEST_CASE("odd/even in all 128 KiB: address bit 16 chooses the page") {
        Bench bench;
        bench.sequencer(4, 0x02);
        bench.graphics(5, 0x10);
        bench.graphics(6, 0x03);
        bench.window.write(0x10004, 0x77);
        CHECK(bench.unit(5) == Planes{0x77, 0, 0x77, 0});
    }

    TEST_CASE("without extended memory 64 KiB repeat") {
        Bench bench;
        bench.sequencer(4, 0x04);
        bench.window.write(0x4001, 0x12);
        CHECK(bench.unit(1) == Planes{0x12, 0x12, 0x12, 0x12});
        CHECK(bench.window.read(0xc001) == 0x12);
    }

    TEST_CASE("64 KiB of video memory wrap, whatever is asked of them") {
        Bench bench{0x10000};
        for (uint32_t offset = 0; offset < MemoryWindow::kBytes; offset += 0x3fff) {
            bench.window.write(offset, 0x5a);
            static_cast<void>(bench.window.read(offset));
        }
        bench.window.write(0x4000, 0x12);
        CHECK(bench.unit(0)[0] == 0x12);
    }

    TEST_CASE("a bochs mode: the window is a bank of bytes, 0xb0000 is nobody's") {
        Bench bench{0x100000};
        bench.enable(64, 64, 32);
        bench.dispi.write(5, 3);
        bench.window.write(0x1234, 0x5a);
        CHECK(bench.memory[0x31234] == std::byte{0x5a});
        CHECK(bench.window.read(0x1234) == 0x5a);
        bench.window.write(kB0000, 0x11);
        CHECK(bench.window.read(kB0000) == 0xff);
        // The bank counts modulo the memory.
        bench.dispi.write(5, 0x10 + 3);
        CHECK(bench.window.read(0x1234) == 0x5a);
    }

    TEST_CASE("a planar bochs mode: a bank of units") {
        Bench bench{0x100000};
        bench.enable(800, 600, 4);
        bench.dispi.write(5, 3);
        bench.sequencer(2, 0b0110);
        bench.window.write(7, 0x81);
        CHECK(bench.unit(0x30007) == Planes{0, 0x81, 0x81, 0});
        bench.dispi.write(5, 4);  // four banks of 64 Ki units: the first again
        CHECK(bench.dispi.read(5) == 0);
        Bench small{0x10000};
        small.enable(64, 64, 4);
        small.window.write(0x3fff, 0x11);
        CHECK(small.window.read(0x3fff) == 0x11);
        CHECK(small.window.read(0x4000) == 0xff);
    }

    TEST_CASE("a bank that was set in one mode reaches no byte beyond the memory in another") {
        constexpr size_t kBehind = 0x80000;
        constexpr auto kUntouched = std::byte{0x5a};
        constexpr auto kOffsets = std::to_array<uint32_t>(
            {0, 1, 0x3fff, 0x4000, 0x7fff, 0xffff, kB0000, kB8000 - 1, kB8000, 0x1ffff});
        constexpr auto kMemoryModes = std::to_array<uint8_t>({0x00, 0x02, 0x04, 0x06, 0x0a, 0x0e});
        constexpr auto kModes = std::to_array<uint8_t>({0x00, 0x01, 0x10, 0x40});
        constexpr auto kWindows = std::to_array<uint8_t>({0x01, 0x03, 0x05, 0x09, 0x0d});
        constexpr auto kDepths = std::to_array<uint16_t>({8, 4, 32});
        constexpr auto kBanks = std::to_array<uint16_t>({0, 1, 3, 15, 16, 63, 255, 0x3ff, 0xffff});
        for (const size_t size : {0x10000U, 0x20000U, 0x100000U}) {
            ManualClock clock;
            Registers registers{clock};
            std::vector<std::byte> all(size + kBehind, kUntouched);
            const auto memory = std::span{all}.first(size);
            std::fill(memory.begin(), memory.end(), std::byte{0});
            Dispi dispi{size};
            MemoryWindow window{registers, dispi, memory};
            const auto indexed = [&](uint16_t port, uint8_t index, uint8_t value) {
                registers.write(port, index);
                registers.write(static_cast<uint16_t>(port + 1), value);
            };
            const auto touch = [&] {
                for (const uint32_t offset : kOffsets) {
                    window.write(offset, 0xa5);
                    REQUIRE(window.read(offset) != 0x5a);
                }
            };
            const auto touch_as_vga = [&] {
                for (const uint8_t memory_mode : kMemoryModes) {
                    indexed(0x3c4, 4, memory_mode);
                    for (const uint8_t mode : kModes) {
                        indexed(0x3ce, 5, mode);
                        for (const uint8_t map : kWindows) {
                            indexed(0x3ce, 6, map);
                            touch();
                        }
                    }
                }
            };
            registers.write(0x3c2, 0x23);
            indexed(0x3c4, 2, 0x0f);
            indexed(0x3ce, 8, 0xff);
            for (const uint16_t before : kDepths) {
                for (const uint16_t bank : kBanks) {
                    for (const uint16_t after : kDepths) {
                        dispi.write(3, before);
                        dispi.write(4, Dispi::kEnabled);
                        dispi.write(5, bank);
                        touch();
                        // Without a new start, which forgets the bank.
                        dispi.write(3, after);
                        touch();
                        dispi.write(4, 0);
                        dispi.write(5, bank);
                        touch_as_vga();
                    }
                }
            }
            CHECK(std::all_of(all.begin() + static_cast<ptrdiff_t>(size), all.end(),
                              [&](std::byte byte) { return byte == kUntouched; }));
        }
    }

    TEST_CASE("spans are bytes in order") {
        Bench bench;
        const auto bytes = std::to_array<std::byte>({std::byte{1}, std::byte{2}, std::byte{3}});
        bench.window.write(4, bytes);
        std::array<std::byte, 3> back{};
        bench.window.read(4, back);
        CHECK(back == bytes);
        CHECK(bench.unit(6)[0] == 3);
    }
}

}  // namespace
}  // namespace oriel::vga
