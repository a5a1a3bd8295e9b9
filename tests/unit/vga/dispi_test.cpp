// SPDX-License-Identifier: MIT
#include "vga/dispi.h"

#include <doctest/doctest.h>

#include <array>
#include <random>

namespace oriel::vga {
namespace {

constexpr uint64_t kMemory = uint64_t{16} << 20;

uint16_t read(const Dispi& dispi, DispiIndex index) {
    return dispi.read(static_cast<uint16_t>(index));
}
Dispi::WriteResult write(Dispi& dispi, DispiIndex index, uint16_t value) {
    return dispi.write(static_cast<uint16_t>(index), value);
}
Dispi::WriteResult set_mode(Dispi& dispi, uint16_t xres, uint16_t yres, uint16_t bpp,
                            uint16_t flags = 0) {
    write(dispi, DispiIndex::kEnable, 0);
    write(dispi, DispiIndex::kXres, xres);
    write(dispi, DispiIndex::kYres, yres);
    write(dispi, DispiIndex::kBpp, bpp);
    return write(dispi, DispiIndex::kEnable,
                 static_cast<uint16_t>(Dispi::kEnabled | Dispi::kLinearFramebuffer | flags));
}

TEST_SUITE("bochs DISPI") {
    TEST_CASE("ids B0C0 to B0C5 can be chosen, others not") {
        Dispi dispi{kMemory};
        CHECK(read(dispi, DispiIndex::kId) == 0xb0c5);
        write(dispi, DispiIndex::kId, 0xb0c0);
        CHECK(read(dispi, DispiIndex::kId) == 0xb0c0);
        write(dispi, DispiIndex::kId, 0xb0c6);
        CHECK(read(dispi, DispiIndex::kId) == 0xb0c0);
        CHECK(read(dispi, DispiIndex::kVideoMemory64K) == 256);
        CHECK(dispi.read(11) == 0);
        CHECK_FALSE(dispi.write(0xffff, 1).mode_may_have_changed);
    }

    TEST_CASE("enabling a mode sets the virtual size, the offsets and clears the memory") {
        Dispi dispi{kMemory};
        const auto result = set_mode(dispi, 1024, 768, 32);
        CHECK(result.mode_may_have_changed);
        CHECK(result.clear_bytes == 1024 * 768 * 4);
        CHECK(read(dispi, DispiIndex::kVirtWidth) == 1024);
        CHECK(read(dispi, DispiIndex::kVirtHeight) == 4096);
        CHECK(dispi.mode() == DispiMode{{1024, 768}, 32, 4096, 0});
        CHECK(dispi.mode().name() == "bochs 1024x768x32");
        CHECK(set_mode(dispi, 640, 480, 32, Dispi::kNoClearMemory).clear_bytes == 0);
        // Written again while enabled: nothing is cleared.
        CHECK(write(dispi, DispiIndex::kEnable, 0x41).clear_bytes == 0);
    }

    TEST_CASE("offsets move the start inside the virtual screen and not beyond") {
        Dispi dispi{kMemory};
        set_mode(dispi, 800, 600, 32);
        write(dispi, DispiIndex::kVirtWidth, 1600);
        write(dispi, DispiIndex::kXOffset, 100);
        write(dispi, DispiIndex::kYOffset, 50);
        CHECK(dispi.mode() == DispiMode{{800, 600}, 32, 6400, 50 * 6400 + 400});
        write(dispi, DispiIndex::kXOffset, 0xffff);
        write(dispi, DispiIndex::kYOffset, 0xffff);
        CHECK(read(dispi, DispiIndex::kXOffset) == 800);
        CHECK(read(dispi, DispiIndex::kYOffset) == kMemory / 6400 - 600);
        write(dispi, DispiIndex::kVirtWidth, 10);
        CHECK(read(dispi, DispiIndex::kVirtWidth) == 800);
    }

    TEST_CASE("a mode that doesn't fit the memory loses rows") {
        Dispi dispi{kMemory};
        set_mode(dispi, 3840, 2160, 32);
        CHECK(dispi.mode().size == Size{3840, kMemory / (3840 * 4)});
        set_mode(dispi, 0, 0, 32);
        CHECK(dispi.mode().size == Size{1, 1});
    }

    TEST_CASE("a mode whose picture would be too large loses rows, at any depth") {
        Dispi dispi{uint64_t{256} << 20};
        for (const uint16_t bpp : std::to_array<uint16_t>({4, 8})) {
            set_mode(dispi, Dispi::kMaxXres, Dispi::kMaxYres, bpp);
            CHECK(dispi.mode().size == Size{16376, 8196});
            CHECK(read(dispi, DispiIndex::kYres) == 8196);
            CHECK(dispi.mode().size.area() * 4 <= Dispi::kMaxPictureBytes);
        }
        // Rows that are not shown don't count.
        CHECK(read(dispi, DispiIndex::kVirtHeight) == 16392);
        set_mode(dispi, 8000, Dispi::kMaxYres, 8);
        CHECK(dispi.mode().size == Size{8000, Dispi::kMaxYres});
        // Made wider while it is on.
        write(dispi, DispiIndex::kXres, Dispi::kMaxXres);
        CHECK(dispi.mode().size == Size{16376, 8196});
    }

    TEST_CASE("depths: 0 means 8, unknown ones are ignored") {
        Dispi dispi{kMemory};
        for (const uint16_t bpp : std::to_array<uint16_t>({4, 8, 15, 16, 24, 32})) {
            write(dispi, DispiIndex::kBpp, bpp);
            CHECK(read(dispi, DispiIndex::kBpp) == bpp);
        }
        write(dispi, DispiIndex::kBpp, 17);
        CHECK(read(dispi, DispiIndex::kBpp) == 32);
        write(dispi, DispiIndex::kBpp, 0);
        CHECK(read(dispi, DispiIndex::kBpp) == 8);
    }

    TEST_CASE("get-caps reads the limits instead of the mode") {
        Dispi dispi{kMemory};
        write(dispi, DispiIndex::kXres, 640);
        write(dispi, DispiIndex::kEnable, Dispi::kGetCaps);
        CHECK(read(dispi, DispiIndex::kXres) == Dispi::kMaxXres);
        CHECK(read(dispi, DispiIndex::kYres) == Dispi::kMaxYres);
        CHECK(read(dispi, DispiIndex::kBpp) == 32);
        write(dispi, DispiIndex::kEnable, 0);
        CHECK(read(dispi, DispiIndex::kXres) == 640);
    }

    TEST_CASE("whatever is written, an enabled mode lies inside the memory") {
        Dispi dispi{kMemory};
        std::mt19937 random{7};
        for (int i = 0; i < 300'000; ++i) {
            const auto index = static_cast<uint16_t>(random() % 12);
            const bool small = random() % 2 == 0;
            const auto value = static_cast<uint16_t>(small ? random() % 64 : random());
            const auto result = dispi.write(index, value);
            REQUIRE(result.clear_bytes <= kMemory);
            if (!dispi.enabled()) {
                continue;
            }
            const DispiMode mode = dispi.mode();
            REQUIRE_FALSE(mode.size.empty());
            REQUIRE(mode.size.width <= 16384);
            REQUIRE(mode.size.height <= 16384);
            if (mode.bpp == 32) {
                REQUIRE(mode.stride >= mode.size.width * 4);
                REQUIRE(mode.offset + (mode.size.height - 1) * mode.stride +
                            mode.size.width * uint64_t{4} <=
                        kMemory);
            }
        }
    }
}

}  // namespace
}  // namespace oriel::vga
