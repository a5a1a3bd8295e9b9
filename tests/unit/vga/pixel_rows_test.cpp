// SPDX-License-Identifier: MIT
#include "vga/pixel_rows.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

namespace oriel::vga {
namespace {

uint32_t first_pixel(uint16_t bpp, std::array<uint8_t, 4> bytes, bool big_endian = false) {
    std::array<std::byte, 64> memory{};
    // The second pixel of the second row.
    const uint32_t pixel = (bpp + 7U) / 8;
    std::memcpy(memory.data() + 2 + 20 + pixel, bytes.data(), pixel);
    const DispiMode mode{.size = {4, 2}, .bpp = bpp, .stride = 20, .offset = 2};
    PixelRows rows{memory, {mode, big_endian}};
    std::array<std::byte, 16> scratch{};
    uint32_t value = 0;
    std::memcpy(&value, rows.row(1, 1, 1, scratch.data()), 4);
    return value;
}

TEST_SUITE("bochs pixels") {
    TEST_CASE("fifteen and sixteen bits become wide ones, full stays full") {
        CHECK(first_pixel(15, {0xff, 0x7f}) == 0xffffff);
        CHECK(first_pixel(15, {0x00, 0x80}) == 0x000000);
        CHECK(first_pixel(15, {0x00, 0x7c}) == 0xff0000);
        CHECK(first_pixel(15, {0x10, 0x00}) == 0x000084);
        CHECK(first_pixel(16, {0xff, 0xff}) == 0xffffff);
        CHECK(first_pixel(16, {0x00, 0xf8}) == 0xff0000);
        CHECK(first_pixel(16, {0xe0, 0x07}) == 0x00ff00);
        CHECK(first_pixel(16, {0x00, 0x04}) == 0x008200);
        CHECK(first_pixel(16, {0x01, 0x00}) == 0x000008);
    }

    TEST_CASE("24 and 32 bits are blue, green, red") {
        CHECK(first_pixel(24, {0x01, 0x02, 0x03}) == 0x030201);
        CHECK(first_pixel(32, {0x01, 0x02, 0x03, 0x00}) == 0x030201);
    }

    TEST_CASE("a big-endian pixel has its bytes the other way round") {
        CHECK(first_pixel(15, {0x7c, 0x00}, true) == 0xff0000);
        CHECK(first_pixel(16, {0xf8, 0x00}, true) == 0xff0000);
        CHECK(first_pixel(24, {0x01, 0x02, 0x03}, true) == 0x010203);
        CHECK(first_pixel(32, {0x00, 0x01, 0x02, 0x03}, true) == 0x010203);
    }
}

}  // namespace
}  // namespace oriel::vga
