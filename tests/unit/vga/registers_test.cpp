// SPDX-License-Identifier: MIT
#include "vga/registers.h"

#include <doctest/doctest.h>

#include <random>

namespace oriel::vga {
namespace {

TEST_SUITE("vga registers") {
    TEST_CASE("indexed registers keep the bits that exist") {
        const ManualClock clock;
        Registers registers{clock};
        registers.write(0x3c4, 2);
        registers.write(0x3c5, 0xff);
        CHECK(registers.read(0x3c4) == 2);
        CHECK(registers.read(0x3c5) == 0x0f);
        registers.write(0x3ce, 8);
        registers.write(0x3cf, 0xa5);
        CHECK(registers.read(0x3cf) == 0xa5);
        registers.write(0x3d4, 0x0c);
        registers.write(0x3d5, 0x12);
        CHECK(registers.read(0x3d5) == 0x12);
        registers.write(0x3c4, 7);  // there is no sequencer register 7
        registers.write(0x3c5, 0xff);
        CHECK(registers.read(0x3c5) == 0);
    }

    TEST_CASE("the attribute port alternates between index and data until 3DA is read") {
        const ManualClock clock;
        Registers registers{clock};
        registers.write(0x3c0, 0x01);
        registers.write(0x3c0, 0x2a);
        registers.write(0x3c0, 0x02);
        CHECK(registers.read(0x3c0) == 0x02);
        static_cast<void>(registers.read(0x3da));
        registers.write(0x3c0, 0x21);  // an index again, although data was due
        CHECK(registers.read(0x3c1) == 0x2a);
        CHECK(registers.read(0x3c0) == 0x21);
    }

    TEST_CASE("the CRTC's first registers are protected but for one line compare bit") {
        const ManualClock clock;
        Registers registers{clock};
        registers.write(0x3d4, 0x11);
        registers.write(0x3d5, 0x80);
        registers.write(0x3d4, 0x00);
        registers.write(0x3d5, 0x5f);
        CHECK(registers.read(0x3d5) == 0);
        registers.write(0x3d4, 0x07);
        registers.write(0x3d5, 0xff);
        CHECK(registers.read(0x3d5) == 0x10);
    }

    TEST_CASE("the CRTC moves to the monochrome ports with misc output's bit 0") {
        const ManualClock clock;
        Registers registers{clock};
        registers.write(0x3c2, 0x00);
        CHECK(registers.read(0x3cc) == 0x00);
        registers.write(0x3b4, 0x0e);
        registers.write(0x3b5, 0x77);
        CHECK(registers.read(0x3b5) == 0x77);
        CHECK(registers.read(0x3d5) == 0xff);
        registers.write(0x3c2, 0x01);
        CHECK(registers.read(0x3d5) == 0x77);
        CHECK(registers.read(0x3b5) == 0xff);
    }

    TEST_CASE("the DAC counts components and colours by itself") {
        const ManualClock clock;
        Registers registers{clock};
        registers.write(0x3c8, 0xff);
        for (const uint8_t value : std::to_array<uint8_t>({0x3f, 0x20, 0x01, 0xff, 0x02, 0x03})) {
            registers.write(0x3c9, value);
        }
        CHECK(registers.read(0x3c8) == 1);  // 0xff, then 0
        registers.write(0x3c7, 0xff);
        CHECK(registers.read(0x3c7) == 0x03);
        CHECK(registers.read(0x3c9) == 0x3f);
        CHECK(registers.read(0x3c9) == 0x20);
        CHECK(registers.read(0x3c9) == 0x01);
        CHECK(registers.read(0x3c9) == 0x3f);  // written as 0xff: six bits
        CHECK(registers.colour(0xff) == std::array<uint8_t, 3>{0xff, 0x82, 0x04});
        registers.set_dac_8bit(true);
        registers.write(0x3c8, 5);
        for (const uint8_t value : std::to_array<uint8_t>({0xff, 0x80, 0x41})) {
            registers.write(0x3c9, value);
        }
        CHECK(registers.colour(5) == std::array<uint8_t, 3>{0xff, 0x80, 0x41});
    }

    TEST_CASE("the retrace bit comes and goes with time") {
        ManualClock clock;
        Registers registers{clock};
        int on = 0;
        int edges = 0;
        bool before = false;
        constexpr int kSamples = 10'000;
        for (int i = 0; i < kSamples; ++i, clock.advance(std::chrono::microseconds{10})) {
            const uint8_t status = registers.read(0x3da);
            const bool retrace = (status & 0x08) != 0;
            if (retrace) {
                CHECK((status & 0x01) != 0);
            }
            on += retrace ? 1 : 0;
            edges += retrace && !before ? 1 : 0;
            before = retrace;
        }
        CHECK(edges == doctest::Approx(6).epsilon(0.2));  // 60 Hz for 100 ms
        CHECK(on > kSamples / 20);
        CHECK(on < kSamples / 5);
    }

    TEST_CASE("any port takes any value in any order") {
        const ManualClock clock;
        Registers registers{clock};
        std::mt19937 random{1};
        for (int i = 0; i < 200'000; ++i) {
            const auto port = static_cast<uint16_t>(0x3a0 + random() % 0x50);
            registers.write(port, static_cast<uint8_t>(random()));
            static_cast<void>(registers.read(port));
            static_cast<void>(registers.colour(static_cast<uint8_t>(random())));
        }
        registers.reset();
        CHECK(registers.read(0x3c8) == 0);
    }
}

}  // namespace
}  // namespace oriel::vga
