// SPDX-License-Identifier: MIT
#include "scale.h"

#include <doctest/doctest.h>

#include <ostream>

using namespace oriel;
using namespace oriel::wayland;

namespace oriel {
std::ostream& operator<<(std::ostream& out, const Rect& r) {
    return out << r.width << "x" << r.height << "+" << r.x << "+" << r.y;
}
std::ostream& operator<<(std::ostream& out, const Size& s) {
    return out << s.width << "x" << s.height;
}
}  // namespace oriel

TEST_CASE("buffer px and logical px convert to the nearest at every scale that compositors send") {
    struct Row {
        uint32_t n120;
        Size logical;
        Size buffer;
    };
    const Row rows[] = {
        {120, {1920, 1080}, {1920, 1080}}, {128, {1200, 750}, {1280, 800}},
        {150, {1536, 864}, {1920, 1080}},  {180, {1280, 720}, {1920, 1080}},
        {210, {1097, 617}, {1920, 1080}},  {240, {960, 540}, {1920, 1080}},
        {360, {640, 360}, {1920, 1080}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.n120);
        CHECK(to_logical(row.buffer, Scale{row.n120}) == row.logical);
        // 1.75 has no logical size for 1920x1080: its nearest is within a pixel.
        const Size back = to_buffer(row.logical, Scale{row.n120});
        CHECK(back.width - row.buffer.width <= 1);
        CHECK(back.height - row.buffer.height <= 1);
    }
    CHECK(to_buffer({1, 1}, Scale{60}) == Size{1, 1});
    CHECK(to_logical({1, 1}, Scale{360}) == Size{1, 1});
    // Half away from zero: 1.25 x 2 = 2.5.
    CHECK(to_buffer({2, 2}, Scale{150}) == Size{3, 3});
}

TEST_CASE("a picture fits its window without changing its shape") {
    struct Row {
        const char* what;
        Size picture;
        Size window;
        uint32_t n120;
        Rect shown;
    };
    const Row rows[] = {
        {"same size", {1280, 800}, {1280, 800}, 120, {0, 0, 1280, 800}},
        {"same shape, larger", {1280, 720}, {1920, 1080}, 120, {0, 0, 1920, 1080}},
        {"same shape, smaller", {1920, 1080}, {1280, 720}, 120, {0, 0, 1280, 720}},
        {"bars left and right", {1024, 768}, {1920, 1080}, 120, {240, 0, 1440, 1080}},
        {"bars above and below", {1920, 1080}, {1280, 1024}, 120, {0, 152, 1280, 720}},
        {"only rounding differs", {1366, 768}, {1000, 563}, 120, {0, 0, 1000, 563}},
        {"one px more than the picture", {1280, 720}, {1281, 720}, 120, {0, 0, 1280, 720}},
        {"pixel exact at 2", {1280, 720}, {640, 360}, 240, {0, 0, 640, 360}},
        {"pixel exact at 1.5, one px more", {1920, 1080}, {1280, 721}, 180, {0, 0, 1280, 720}},
        {"a very flat window", {16384, 16384}, {1000, 1}, 120, {499, 0, 1, 1}},
        {"the largest sides", {16384, 16384}, {65536, 16384}, 120, {24576, 0, 16384, 16384}},
        {"no picture", {0, 0}, {100, 50}, 120, {0, 0, 100, 50}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(fit(row.picture, row.window, Scale{row.n120}) == row.shown);
    }
}

TEST_CASE("a cursor is scaled like its picture, and its hot spot stays on its pixel") {
    const Size picture{1280, 720};
    CHECK(place_cursor({64, 64}, {10, 20}, picture, picture) ==
          CursorPlacement{{64, 64}, {10, 20}});
    CHECK(place_cursor({64, 64}, {10, 20}, picture, {1920, 1080}) ==
          CursorPlacement{{96, 96}, {15, 30}});
    CHECK(place_cursor({64, 64}, {11, 63}, picture, {640, 360}) ==
          CursorPlacement{{32, 32}, {5, 31}});
    CHECK(place_cursor({64, 64}, {-5, 100}, picture, picture) ==
          CursorPlacement{{64, 64}, {0, 63}});
    CHECK(place_cursor({1, 1}, {0, 0}, picture, {64, 36}).size == Size{1, 1});
    CHECK(place_cursor({64, 64}, {1, 1}, {0, 0}, {0, 0}) == CursorPlacement{{64, 64}, {1, 1}});
}

TEST_CASE("a mode is as many millimetres as its share of the output") {
    CHECK(physical_size({1920, 1080}, {1920, 1080}, {527, 296}) == Size{527, 296});
    CHECK(physical_size({960, 540}, {1920, 1080}, {527, 296}) == Size{264, 148});
    CHECK(physical_size({3840, 2160}, {1920, 1080}, {527, 296}) == Size{1054, 592});
    CHECK(physical_size({1920, 1080}, {1920, 1080}, {0, 0}) == Size{});
    CHECK(physical_size({1920, 1080}, {0, 0}, {527, 296}) == Size{});
}
