// SPDX-License-Identifier: MIT
#include "input/desktop.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

#include "input/event_target.h"

namespace oriel::input {
namespace {

Screens screens(const std::map<ScanoutId, ScreenArea>& areas) {
    return [areas](ScanoutId scanout) -> std::optional<ScreenArea> {
        const auto it = areas.find(scanout);
        return it == areas.end() ? std::nullopt : std::optional{it->second};
    };
}

/// The px that a guest makes of an axis value: libinput's way.
int px(int32_t value, uint32_t width) {
    return static_cast<int>(int64_t{value} * width / (kAxisMax + 1));
}

TEST_CASE("every px of one screen comes back as itself") {
    for (const uint32_t width : {640U, 1024U, 1366U, 1920U, 2560U, 3840U, 7680U}) {
        CAPTURE(width);
        const Desktop desktop{screens({{0, {{0, 0}, {width, 100}}}})};
        for (uint32_t x = 0; x < width; ++x) {
            const auto point = desktop.point({0, static_cast<double>(x), 0});
            REQUIRE(point);
            REQUIRE(px(desktop.axis_x(point->x), width) == static_cast<int>(x));
        }
    }
}

TEST_CASE("screens side by side, above and at negative places share one axis") {
    const Desktop desktop{screens({{0, {{0, 0}, {1920, 1080}}},
                                   {1, {{1920, 0}, {1280, 1024}}},
                                   {2, {{-800, -600}, {800, 600}}}})};
    const auto at = [&](ScanoutId scanout, double x, double y) {
        const auto point = desktop.point({scanout, x, y});
        REQUIRE(point);
        return std::pair{px(desktop.axis_x(point->x), 800 + 1920 + 1280),
                         px(desktop.axis_y(point->y), 600 + 1080)};
    };
    CHECK(at(2, 0, 0) == std::pair{0, 0});
    CHECK(at(0, 0, 0) == std::pair{800, 600});
    CHECK(at(0, 100, 7) == std::pair{900, 607});
    CHECK(at(1, 5, 1023) == std::pair{800 + 1920 + 5, 600 + 1023});
}

TEST_CASE("a screen that is off takes nothing and moves nothing") {
    const Desktop desktop{screens({{1, {{1920, 0}, {1280, 1024}}}, {2, {{0, 0}, {0, 0}}}})};
    CHECK_FALSE(desktop.point({0, 1, 1}));
    CHECK_FALSE(desktop.point({2, 1, 1}));
    CHECK_FALSE(desktop.point({99, 1, 1}));
    const auto point = desktop.point({1, 0, 0});
    REQUIRE(point);
    CHECK(desktop.axis_x(point->x) == 0);
    CHECK_FALSE(Desktop{screens({})}.point({0, 1, 1}));
    CHECK(Desktop{screens({})}.axis_x(5) == 0);
}

TEST_CASE("what lies outside a screen is its edge, and nonsense is a corner") {
    const Desktop desktop{screens({{0, {{0, 0}, {1000, 1000}}}, {1, {{1000, 0}, {1000, 1000}}}})};
    CHECK(desktop.point({0, 5000, -3})->x == 1000);
    CHECK(desktop.point({0, 5000, -3})->y == 0);
    CHECK(desktop.axis_x(2000) == kAxisMax);
    CHECK(desktop.point({1, std::nan(""), std::numeric_limits<double>::infinity()})->x == 1000);
    CHECK(desktop.clamped({-1, 5000}).y == 1000);
    CHECK(desktop.clamped({-1, 5000}).x == 0);
}

TEST_CASE("fractions of a px are not lost") {
    const Desktop desktop{screens({{0, {{0, 0}, {1024, 768}}}})};
    CHECK(desktop.axis_x(10.5) == 336);
    CHECK(desktop.axis_x(10) == 320);
}

}  // namespace
}  // namespace oriel::input
