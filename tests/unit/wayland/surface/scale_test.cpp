// SPDX-License-Identifier: MIT
#include "surface/scale.h"

#include <doctest/doctest.h>

#include <cmath>
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
        {"twice, one px more", {640, 360}, {1281, 720}, 120, {0, 0, 1280, 720}},
        {"three times at 1.5, one px more", {320, 180}, {641, 360}, 180, {0, 0, 640, 360}},
        {"twice at 1.25 begins on an output px", {500, 200}, {800, 406}, 150, {0, 40, 800, 320}},
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

TEST_CASE("a picture at a whole multiple of its size is magnified px by px, at every scale") {
    struct Row {
        const char* what;
        Size picture;
        Size shown;
        uint32_t n120;
        uint32_t multiple;
        uint32_t times;
    };
    const Row rows[] = {
        {"1:1", {1280, 720}, {1280, 720}, 120, 1, 1},
        {"twice", {1280, 720}, {2560, 1440}, 120, 2, 2},
        {"three times", {640, 480}, {1920, 1440}, 120, 3, 3},
        {"nearly twice", {1280, 720}, {2559, 1440}, 120, 0, 1},
        {"twice and once", {1280, 720}, {2560, 720}, 120, 0, 1},
        {"twice and three times", {640, 480}, {1280, 1440}, 120, 0, 1},
        {"half", {1280, 720}, {640, 360}, 120, 0, 1},
        {"1:1 at 1.0667", {1280, 800}, {1200, 750}, 128, 1, 1},
        {"twice at 1.0667", {640, 400}, {1200, 750}, 128, 2, 2},
        {"1.0667 times", {1200, 750}, {1200, 750}, 128, 0, 1},
        {"1:1 at 1.25", {1920, 1080}, {1536, 864}, 150, 1, 1},
        {"three times at 1.25", {640, 360}, {1536, 864}, 150, 3, 3},
        {"1.25 times", {1536, 864}, {1536, 864}, 150, 0, 1},
        {"1:1 at 1.5", {1920, 1080}, {1280, 720}, 180, 1, 1},
        {"twice at 1.5, where logical px are rounded", {640, 480}, {853, 640}, 180, 2, 2},
        {"1.5 times", {1280, 720}, {1280, 720}, 180, 0, 1},
        {"1:1 at 1.75", {1920, 1080}, {1097, 617}, 210, 1, 1},
        {"four times at 1.75, rounded", {480, 270}, {1097, 617}, 210, 4, 4},
        {"1.75 times", {1097, 617}, {1097, 617}, 210, 0, 1},
        {"1:1 at 2", {2560, 1440}, {1280, 720}, 240, 1, 1},
        {"a guest that stays at logical size, at 2", {1280, 720}, {1280, 720}, 240, 2, 2},
        {"twice at 2", {640, 360}, {640, 360}, 240, 2, 2},
        {"at 3", {640, 360}, {640, 360}, 360, 3, 3},
        {"8K", {1920, 1080}, {7680, 4320}, 120, 4, 4},
        {"a side beyond all buffers", {2048, 2}, {32768, 32}, 120, 16, 1},
        {"more px than an output of today", {8192, 4608}, {16384, 9216}, 120, 2, 1},
        {"1x1 on all of a huge window", {1, 1}, {16384, 16384}, 120, 16384, 1},
        {"no picture", {0, 0}, {640, 480}, 120, 0, 1},
        {"no room", {640, 480}, {0, 0}, 120, 0, 1},
        {"a product of 32 bits and more", {65536, 65536}, {1, 1}, 120, 0, 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Scale scale{row.n120};
        CHECK(whole_multiple(row.picture, row.shown, scale) == row.multiple);
        CHECK(nearest_times(row.picture, row.shown, scale) == row.times);
        if (row.multiple > 0) {
            const double exact = row.multiple;
            CHECK(ratio(row.picture, row.shown, scale) == Ratio{exact, exact});
        }
    }
    const Ratio stretched = ratio({640, 400}, {800, 300}, Scale{240});
    CHECK(stretched == Ratio{2.5, 1.5});
    CHECK(ratio({0, 0}, {800, 300}, Scale{}) == Ratio{1, 1});
}

TEST_CASE("--scaling fit and integer find a whole multiple wherever the window has one") {
    using enum Scaling;
    uint32_t windows = 0;
    for (const uint32_t n120 : {120U, 128U, 150U, 180U, 210U, 240U}) {
        for (uint32_t times = 2; times <= 5; ++times) {
            CAPTURE(n120);
            CAPTURE(times);
            const Scale scale{n120};
            const Size picture{240, 120};
            const Size wanted{240 * times, 120 * times};
            const Size window = to_logical(wanted, scale);
            if (to_buffer(window, scale) != wanted) {
                continue;  // logical px are rounded: no window is that large
            }
            ++windows;
            for (const Scaling scaling : {kFit, kInteger}) {
                const Rect shown = place_picture(scaling, picture, window, scale);
                CHECK(shown == Rect::of(window));
                CHECK(nearest_times(picture, shown.size(), scale) == times);
            }
            // With a bar beside it, too.
            const Rect barred =
                place_picture(kInteger, picture, {window.width + 100, window.height}, scale);
            CHECK(barred.size() == window);
            CHECK(barred.x * n120 % 120 == 0);
        }
    }
    CHECK(windows >= 18);
}

TEST_CASE("a picture is where the user wants it") {
    struct Row {
        const char* what;
        Scaling scaling;
        Size picture;
        Size window;
        uint32_t n120;
        Rect shown;
    };
    using enum Scaling;
    const Row rows[] = {
        {"fit enlarges", kFit, {640, 480}, {1920, 1080}, 120, {240, 0, 1440, 1080}},
        {"stretch takes all", kStretch, {640, 480}, {1920, 1080}, 120, {0, 0, 1920, 1080}},
        {"integer: twice", kInteger, {640, 480}, {1920, 1080}, 120, {320, 60, 1280, 960}},
        {"integer: once", kInteger, {1280, 800}, {1920, 1080}, 120, {320, 140, 1280, 800}},
        {"integer at 1.5: output px count",
         kInteger,
         {640, 480},
         {1280, 720},
         180,
         {212, 40, 853, 640}},
        {"integer without room is fit", kInteger, {1280, 800}, {640, 480}, 120, {0, 40, 640, 400}},
        {"none stays", kNone, {640, 480}, {1920, 1080}, 120, {640, 300, 640, 480}},
        {"none at 2", kNone, {640, 480}, {1920, 1080}, 240, {800, 420, 320, 240}},
        {"none at 1.25 begins on an output px",
         kNone,
         {1000, 500},
         {1000, 500},
         150,
         {100, 48, 800, 400}},
        {"none without room is fit", kNone, {1280, 800}, {640, 480}, 120, {0, 40, 640, 400}},
        {"no picture", kInteger, {0, 0}, {640, 480}, 120, {0, 0, 640, 480}},
        {"1x1 in 16384x16384", kInteger, {1, 1}, {16384, 16384}, 120, {0, 0, 16384, 16384}},
        {"16384x16384 in 1x1", kNone, {16384, 16384}, {1, 1}, 120, {0, 0, 1, 1}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(place_picture(row.scaling, row.picture, row.window, Scale{row.n120}) == row.shown);
    }
}

TEST_CASE("every px of a picture that is shown one to one is the guest's own, at every scale") {
    for (const uint32_t n120 : {120U, 128U, 150U, 180U, 210U, 240U}) {
        CAPTURE(n120);
        const Scale scale{n120};
        const Size picture = to_buffer({1097, 617}, scale);
        // A letterbox whose picture begins on a whole px of the output.
        const Rect shown{60, 120, 1097, 617};
        const double px = 120.0 / n120;  // logical px of an output px
        // As wl_fixed_from_double() rounds, and as one does that cuts off.
        const auto rounded = [](double at) { return std::round(at * 256) / 256; };
        const auto cut = [](double at) { return std::floor(at * 256) / 256; };
        for (uint32_t i = 0; i < picture.width;
             i = i < 4 || i + 5 > picture.width ? i + 1 : i + 7) {
            CAPTURE(i);
            const double left = shown.x + i * px;
            const double middle = left + px / 2;
            CHECK(std::floor(to_picture(rounded(left), 120, shown, picture, scale).x) == i);
            CHECK(std::floor(to_picture(cut(left + 0.0001), 120, shown, picture, scale).x) == i);
            CHECK(std::floor(to_picture(rounded(middle), 120, shown, picture, scale).x) == i);
        }
        for (const uint32_t i : {0U, picture.height - 1}) {
            const double middle = shown.y + (i + 0.5) * px;
            CHECK(std::floor(to_picture(60, rounded(middle), shown, picture, scale).y) == i);
        }
    }
}

TEST_CASE("every px of a magnified picture is the guest's own, at every scale") {
    for (const uint32_t n120 : {120U, 128U, 150U, 180U, 210U, 240U}) {
        for (uint32_t times = 2; times <= 4; ++times) {
            CAPTURE(n120);
            CAPTURE(times);
            const Scale scale{n120};
            const Size picture{401, 223};
            const Rect shown = place_picture(Scaling::kInteger, picture, {2000, 2000}, scale);
            const uint32_t by = nearest_times(picture, shown.size(), scale);
            REQUIRE(by > 1);
            const double px = 120.0 / n120 * by;  // logical px of a guest's
            for (const uint32_t i : {0U, 1U, 57U, 200U, picture.width - 1}) {
                CAPTURE(i);
                const double middle = std::round((shown.x + (i + 0.5) * px) * 256) / 256;
                CHECK(std::floor(to_picture(middle, shown.y, shown, picture, scale).x) == i);
                const auto begin = static_cast<int32_t>(shown.x + i * px);
                CHECK(to_window({static_cast<int32_t>(i), 0}, shown, picture, scale).x == begin);
            }
        }
    }
}

TEST_CASE("the first and the last px of a picture that is scaled are exact") {
    struct Row {
        Size picture;
        Rect shown;
        uint32_t n120;
    };
    const Row rows[] = {
        {{640, 480}, {240, 0, 1440, 1080}, 120},
        {{1920, 1080}, {0, 40, 1280, 720}, 120},
        {{1024, 768}, {7, 9, 777, 583}, 150},
        {{64, 64}, {0, 0, 16384, 16384}, 240},
    };
    for (const Row& row : rows) {
        CAPTURE(row.picture);
        const auto at = [&](double x, double y) {
            return to_picture(x, y, row.shown, row.picture, Scale{row.n120});
        };
        const Rect& r = row.shown;
        const PicturePoint first = at(r.x, r.y);
        CHECK(first.inside);
        CHECK(first.x == 0);
        CHECK(first.y == 0);
        const PicturePoint last = at(r.x + r.width - 0.25, r.y + r.height - 0.25);
        CHECK(last.inside);
        CHECK(std::floor(last.x) == row.picture.width - 1);
        CHECK(std::floor(last.y) == row.picture.height - 1);
        const PicturePoint before = at(-3, r.y - 0.5);
        CHECK_FALSE(before.inside);
        CHECK(before.x == 0);
        CHECK(before.y == 0);
        const PicturePoint after = at(r.x + r.width, 1e6);
        CHECK_FALSE(after.inside);
        CHECK(after.x == row.picture.width);
        CHECK(after.y == row.picture.height);
    }
    CHECK_FALSE(to_picture(5, 5, {0, 0, 0, 0}, {640, 480}, Scale{}).inside);
    CHECK_FALSE(to_picture(5, 5, {0, 0, 10, 10}, {0, 0}, Scale{}).inside);
}

TEST_CASE("a px of the picture has its place in the window") {
    const Rect whole{0, 0, 1280, 720};
    CHECK(to_window({0, 0}, whole, {1280, 720}, Scale{}) == Point{0, 0});
    CHECK(to_window({1279, 719}, whole, {1280, 720}, Scale{}) == Point{1279, 719});
    CHECK(to_window({1279, 719}, whole, {1920, 1080}, Scale{180}) == Point{852, 479});
    CHECK(to_window({100, 50}, {320, 60, 1280, 960}, {640, 480}, Scale{}) == Point{520, 160});
    CHECK(to_window({-30, -1}, whole, {1280, 720}, Scale{}) == Point{-30, -1});
    CHECK(to_window({5, 5}, {0, 0, 10, 10}, {0, 0}, Scale{}) == Point{50, 50});
}

TEST_CASE("what has no viewport is drawn at the next whole scale") {
    CHECK(whole_scale(Scale{60}) == 1);
    CHECK(whole_scale(Scale{120}) == 1);
    CHECK(whole_scale(Scale{128}) == 2);
    CHECK(whole_scale(Scale{240}) == 2);
    CHECK(whole_scale(Scale{0}) == 1);
}

TEST_CASE("a cursor is scaled like its picture, and its hot spot stays on its pixel") {
    const Size picture{1280, 720};
    CHECK(place_cursor({64, 64}, {10, 20}, picture, picture, Scale{}) ==
          CursorPlacement{{64, 64}, {10, 20}});
    CHECK(place_cursor({64, 64}, {10, 20}, picture, {1920, 1080}, Scale{}) ==
          CursorPlacement{{96, 96}, {15, 30}});
    CHECK(place_cursor({64, 64}, {11, 63}, picture, {640, 360}, Scale{}) ==
          CursorPlacement{{32, 32}, {5, 31}});
    CHECK(place_cursor({64, 64}, {-5, 100}, picture, picture, Scale{}) ==
          CursorPlacement{{64, 64}, {0, 63}});
    CHECK(place_cursor({1, 1}, {0, 0}, picture, {64, 36}, Scale{}).size == Size{1, 1});
    CHECK(place_cursor({64, 64}, {1, 1}, {0, 0}, {0, 0}, Scale{}) ==
          CursorPlacement{{64, 64}, {1, 1}});
    CHECK(place_cursor({64, 64}, {10, 20}, {640, 360}, {1280, 720}, Scale{}) ==
          CursorPlacement{{128, 128}, {20, 40}, 2});
    // Three times at 1.5: 24 px are 72 of the output, 48 logical ones.
    CHECK(place_cursor({24, 24}, {3, 6}, {320, 200}, {640, 400}, Scale{180}) ==
          CursorPlacement{{48, 48}, {6, 12}, 3});
    // Px by px at 1.5, where 320 px are 213.3 logical ones.
    CHECK(place_cursor({24, 48}, {3, 6}, {320, 200}, {213, 133}, Scale{180}) ==
          CursorPlacement{{16, 32}, {2, 4}});
}

TEST_CASE("a mode is as many millimetres as its share of the output") {
    CHECK(physical_size({1920, 1080}, {1920, 1080}, {527, 296}) == Size{527, 296});
    CHECK(physical_size({960, 540}, {1920, 1080}, {527, 296}) == Size{264, 148});
    CHECK(physical_size({3840, 2160}, {1920, 1080}, {527, 296}) == Size{1054, 592});
    CHECK(physical_size({1920, 1080}, {1920, 1080}, {0, 0}) == Size{});
    CHECK(physical_size({1920, 1080}, {0, 0}, {527, 296}) == Size{});
}

TEST_CASE("a guest that rounds the window's size down has followed it, one that doesn't has not") {
    CHECK(follows_window({800, 600}, {800, 600}, Scale{120}));
    CHECK(follows_window({800, 600}, {807, 615}, Scale{120}));
    CHECK_FALSE(follows_window({800, 600}, {816, 600}, Scale{120}));
    CHECK_FALSE(follows_window({800, 600}, {800, 599}, Scale{120}));
    CHECK(follows_window({1000, 1000}, {805, 800}, Scale{150}));
    CHECK_FALSE(follows_window({640, 480}, {1280, 960}, Scale{120}));
}

TEST_CASE("without viewports a buffer has exactly the px that its place on the output has") {
    struct Row {
        Size picture;
        Size shown;
        uint32_t n120;
        BufferShape without;
    };
    const Row rows[] = {
        {{640, 480}, {640, 480}, 120, {1, {}}},
        {{640, 480}, {1280, 960}, 120, {2, {1280, 960}}},
        {{640, 480}, {640, 480}, 240, {2, {1280, 960}}},
        {{640, 480}, {320, 240}, 240, {1, {}}},
        {{640, 480}, {1440, 1080}, 120, {1, {1440, 1080}}},
        {{641, 481}, {321, 241}, 240, {1, {642, 482}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.shown.width);
        const Scale scale{row.n120};
        CHECK(buffer_shape(row.picture, row.shown, scale, false) == row.without);
        const BufferShape with{nearest_times(row.picture, row.shown, scale), {}};
        CHECK(buffer_shape(row.picture, row.shown, scale, true) == with);
    }
}

TEST_CASE("a window whose buffers must be as large as it is has at most the px of 8K") {
    CHECK(limited_window({1920, 1080}, Scale{120}) == Size{1920, 1080});
    CHECK(limited_window({7680, 4320}, Scale{120}) == Size{7680, 4320});
    CHECK(limited_window({INT32_MAX, INT32_MAX}, Scale{120}) == Size{8192, 4608});
    CHECK(limited_window({4608, 30000}, Scale{120}) == Size{4608, 8192});
    CHECK(limited_window({30000, 1}, Scale{120}) == Size{8192, 1});
    CHECK(limited_window({3840, 2160}, Scale{240}) == Size{3840, 2160});
    CHECK(limited_window({INT32_MAX, INT32_MAX}, Scale{1920}) == Size{512, 288});
}
