// SPDX-License-Identifier: MIT
#include "picture_message.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <pixman.h>

#include <vector>

#include "scanout/memory_buffer.h"

namespace oriel::qemu_dbus {
namespace {

constexpr uint32_t kXrgb = PIXMAN_x8r8g8b8;

TEST_CASE("a picture that is sent has bytes up to the end of its last row, or is none") {
    const std::vector<std::byte> bytes(1024 * 64);
    // Without the padding of the last row.
    const std::span<const std::byte> just{bytes.data(), 1024 * 9 + 40};
    CHECK(check_scanout({10, 10}, 1024, kXrgb, just));
    CHECK_FALSE(check_scanout({10, 10}, 1024, kXrgb, just.first(just.size() - 1)));
    CHECK_FALSE(check_scanout({10, 10}, 1024, kXrgb, {}));
    CHECK_FALSE(check_scanout({10, 10}, 39, kXrgb, bytes));
    CHECK_FALSE(check_scanout({0, 10}, 1024, kXrgb, bytes));
    CHECK_FALSE(check_scanout({10, 0}, 1024, kXrgb, bytes));
    CHECK_FALSE(check_scanout({10, 10}, 0, kXrgb, bytes));
    CHECK_FALSE(check_scanout({10, 10}, 1024, PIXMAN_r5g6b5, bytes));
    CHECK_FALSE(check_scanout({UINT32_MAX, UINT32_MAX}, UINT32_MAX, kXrgb, bytes));
    CHECK_FALSE(check_scanout({16385, 1}, 65540, kXrgb, bytes));
}

TEST_CASE("an update lies where a picture can be, and has all of its pixels") {
    const std::vector<std::byte> bytes(4 * 20 * 30);
    const auto update = check_update({5, 6, 20, 30}, 80, kXrgb, bytes);
    REQUIRE(update);
    CHECK(update->rect == Rect{5, 6, 20, 30});
    CHECK_FALSE(check_update({-1, 0, 20, 30}, 80, kXrgb, bytes));
    CHECK_FALSE(check_update({0, 0, -20, 30}, 80, kXrgb, bytes));
    CHECK_FALSE(check_update({0, 0, 20, 0}, 80, kXrgb, bytes));
    CHECK_FALSE(check_update({INT32_MAX, 0, 20, 30}, 80, kXrgb, bytes));
    CHECK_FALSE(check_update({0, 16380, 20, 30}, 80, kXrgb, bytes));
    CHECK_FALSE(check_update({0, 0, 20, 31}, 80, kXrgb, bytes));
}

TEST_CASE("a shared picture lies in its file, whose last row need not be whole") {
    // As QEMU sends a part of a 640x480 resource: offset + height * stride is beyond the end.
    CHECK(check_shared({200, 200}, 718560, 2560, kXrgb, 1228800));
    CHECK(check_shared({640, 480}, 0, 2560, kXrgb, 1228800));
    CHECK_FALSE(check_shared({640, 480}, 0, 2560, kXrgb, 1228799));
    CHECK_FALSE(check_shared({640, 480}, 4, 2560, kXrgb, 1228800));
    CHECK_FALSE(check_shared({640, 480}, UINT32_MAX, 2560, kXrgb, 1228800));
    // More than anybody shows, however large the file says that it is.
    CHECK_FALSE(check_shared({16384, 16384}, 0, 65536, kXrgb, UINT64_MAX));
}

TEST_CASE("damage is the part that lies in the picture") {
    const Size picture{100, 50};
    CHECK(check_damage({10, 10, 5, 5}, picture) == Rect{10, 10, 5, 5});
    CHECK(check_damage({-10, -10, 15, 15}, picture) == Rect{0, 0, 5, 5});
    CHECK(check_damage({90, 40, 100, 100}, picture) == Rect{90, 40, 10, 10});
    CHECK(check_damage({100, 0, 1, 1}, picture).empty());
    CHECK(check_damage({0, 0, -1, 5}, picture).empty());
    CHECK(check_damage({INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}, picture).empty());
    CHECK(check_damage({INT32_MIN, 0, INT32_MAX, 5}, picture).empty());
    CHECK(check_damage({0, 0, INT32_MAX, INT32_MAX}, picture) == Rect::of(picture));
}

TEST_CASE("dma-bufs have planes, files and a part that is shown, or are refused") {
    const std::vector<uint32_t> offsets{0, 4096};
    const std::vector<uint32_t> strides{400, 400};
    const DmabufNumbers good{.visible = {10, 20, 50, 30},
                             .offsets = offsets,
                             .strides = strides,
                             .planes = 1,
                             .fourcc = DRM_FORMAT_XRGB8888,
                             .backing = {100, 100},
                             .modifier = DRM_FORMAT_MOD_LINEAR,
                             .y0_top = true,
                             .files = 1};
    const auto picture = check_dmabuf(good);
    REQUIRE(picture);
    CHECK(picture->layout.size == Size{100, 100});
    CHECK(picture->layout.y_inverted);
    CHECK(picture->visible == Rect{10, 20, 50, 30});
    const auto refused = [&](auto change) {
        DmabufNumbers numbers = good;
        change(numbers);
        return !check_dmabuf(numbers).has_value();
    };
    CHECK(refused([](auto& n) { n.planes = 0; }));
    CHECK(refused([](auto& n) { n.planes = 5; }));
    CHECK(refused([](auto& n) { n.planes = 3; }));  // offsets are missing
    CHECK(refused([](auto& n) { n.files = 0; }));
    CHECK(refused([](auto& n) { n.files = 2; }));
    CHECK(refused([](auto& n) { n.visible = {}; }));
    CHECK(refused([](auto& n) { n.visible.x = 51; }));
    CHECK(refused([](auto& n) { n.visible.width = UINT32_MAX; }));
    CHECK(refused([](auto& n) { n.backing = {UINT32_MAX, 1}; }));
    CHECK(refused([](auto& n) { n.strides = {}; }));
    const std::vector<uint32_t> far{UINT32_MAX};
    CHECK(refused([&](auto& n) { n.offsets = far; }));
    CHECK(refused([&](auto& n) { n.strides = far; }));
    // ScanoutDMABUF says neither where in the buffer the picture is, nor how large that is.
    CHECK_FALSE(refused([](auto& n) {
        n.backing = {};
        n.visible = {0, 0, 50, 30};
    }));
    // One file for two planes, as many drivers have it; or one each.
    CHECK_FALSE(refused([](auto& n) { n.planes = 2; }));
    CHECK_FALSE(refused([](auto& n) {
        n.planes = 2;
        n.files = 2;
    }));
}

TEST_CASE("a cursor has a size and pixels, hides, or lies") {
    const std::vector<std::byte> bytes(64 * 64 * 4);
    const auto image = check_cursor({64, 64, 5, 7}, bytes);
    REQUIRE(image);
    REQUIRE(*image);
    CHECK((*image)->size == Size{64, 64});
    CHECK((*image)->hotspot == Point{5, 7});
    const auto hidden = check_cursor({0, 0, 0, 0}, {});
    REQUIRE(hidden);
    CHECK(*hidden == nullptr);
    CHECK_FALSE(check_cursor({64, 65, 0, 0}, bytes));
    CHECK_FALSE(check_cursor({-1, 64, 0, 0}, bytes));
    CHECK_FALSE(check_cursor({513, 1, 0, 0}, bytes));
    CHECK_FALSE(check_cursor({64, 64, INT32_MIN, 0}, bytes));
}

}  // namespace
}  // namespace oriel::qemu_dbus
