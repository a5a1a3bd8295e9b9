// SPDX-License-Identifier: MIT
// liboriel-vdpy's functions, as a device model calls them, and a compositor that records.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "support/sanitized.h"
#include "vdpy_desk.h"

namespace oriel::test::vdpy {

using namespace std::chrono_literals;

TEST_CASE("a window answers pings, is resized, and stays when it is to be closed") {
    Desk desk;
    desk.set(0xff10'2030);
    desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
    desk.settle();
    desk.compositor().configure({.size = {640, 400}});
    desk.wait_for(
        [](const State& s) {
            return s.windows[0].configure_acked == s.windows[0].configure_sent &&
                   s.surface()->size == Size{640, 400};
        },
        "the window is as large as it was told to be");
    desk.compositor().close();
    desk.settle();
    CHECK(desk.state().windows[0].alive);
    desk.set(0xff30'2010);
    desk.wait_for([](const State& s) { return shows(s, 0xff30'2010); }, "the next picture");
}

TEST_CASE("nothing is drawn while nothing changes, whatever the guest says") {
    Desk desk;
    desk.set(0xff10'2030);
    desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
    desk.settle();
    const uint64_t frames = desk.state().frames();
    const uint64_t commits = desk.state().count("wl_surface.commit");
    for (int i = 0; i < 20; ++i) {
        desk.update();
    }
    desk.settle();
    CHECK(desk.state().frames() == frames);
    CHECK(desk.state().count("wl_surface.commit") == commits);
    desk.pixels[0] ^= 0xff;
    desk.update();
    desk.wait_for([&](const State& s) { return s.frames() == frames + 1; }, "one more frame");
    const State state = desk.state();
    CHECK(state.content()->last().damage.bounds().size().area() < kSize.area() / 2);
}

TEST_CASE(
    "an update waits for the screen, one period of it at most, and not if that isn't wanted") {
    Nanoseconds shortest{1s};
    SUBCASE("pace=frame") {
        Desk desk{{.frames = Frames::kManual}, "pace=frame"};
        desk.set(0xff10'2030);  // there is none before it to be waited for
        for (uint32_t i = 0; i < 4; ++i) {
            desk.pixels[0] = i;
            shortest = std::min(shortest, desk.set(0xff00'0000 + i));
        }
        CHECK(shortest >= 10ms);
        CHECK(shortest < 40ms);
    }
    SUBCASE("pace=none") {
        Desk desk{{.frames = Frames::kManual}, "pace=none"};
        for (uint32_t i = 0; i < 4; ++i) {
            shortest = std::min(shortest, desk.set(0xff00'0000 + i));
        }
        CHECK(shortest < 10ms);
    }
}

TEST_CASE("two screens that change at the same time don't wait for each other") {
    Desk desk{{.frames = Frames::kManual}, "geometry=320x200+320+0"};
    const auto draw = [&](uint32_t colour) {
        std::ranges::fill(desk.pixels, colour);
        return desk.run([&] {
            surface now = desk.memory();
            vdpy_surface_update(desk.handle, 0, &now);
            vdpy_surface_update(desk.handle, 1, &now);
        });
    };
    desk.run([&] {
        surface now = desk.memory();
        vdpy_surface_set(desk.handle, 0, &now);
        vdpy_surface_set(desk.handle, 1, &now);
    });
    draw(0xff10'2030);
    Nanoseconds longest{0};
    for (uint32_t i = 0; i < 4; ++i) {
        desk.settle();
        desk.compositor().fire_frame_callbacks();
        desk.settle();
        longest = std::max(longest, draw(0xff00'0000 + i));
    }
    CHECK((longest < 10ms || kThreadSanitized));
    // Neither has been taken.
    CHECK(draw(0xff30'2010) >= 10ms);
}

TEST_CASE("a buffer that the compositor keeps holds the guest for one period at most") {
    Desk desk{{.linux_dmabuf = 3, .releases = Releases::kManual, .tearing_guest = true}};
    const UniqueFd files[] = {memfd_of(0xff10'2030), memfd_of(0xff30'2010)};
    Nanoseconds longest{0};
    for (int i = 0; i < 6; ++i) {
        const int file = files[i % 2].get();
        longest = std::max(longest, desk.run([&] {
            surface blob = Desk::blob(file);
            vdpy_surface_set(desk.handle, 0, &blob);
            vdpy_surface_update(desk.handle, 0, &blob);
        }));
    }
    CHECK(longest >= 10ms);
    CHECK(longest < 100ms);
    CHECK(desk.state().imports_asked > 0);
}

TEST_CASE("on other threads than the display's surfaces are left alone") {
    Desk desk;
    desk.set(0xff10'2030);
    desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
    vdpy_surface_set(desk.handle, 0, nullptr);
    std::ranges::fill(desk.pixels, 0xff30'2010);
    surface other = desk.memory();
    vdpy_surface_update(desk.handle, 0, &other);
    desk.settle();
    CHECK(shows(desk.state(), 0xff10'2030));
    desk.update();
    desk.wait_for([](const State& s) { return shows(s, 0xff30'2010); }, "what a bottom half shows");
}

TEST_CASE("the cursor is the compositor's, with its hot spot") {
    Desk desk;
    desk.set(0xff10'2030);
    std::vector<uint32_t> image(16 * 16, 0xff40'5060);
    desk.run([&] {
        cursor given{};
        given.width = given.height = 16;
        given.hot_x = 3;
        given.hot_y = 4;
        given.data = image.data();
        vdpy_cursor_define(desk.handle, 0, &given);
    });
    vdpy_cursor_move(desk.handle, 0, 100, 100);
    desk.compositor().pointer_enter(10, 10);
    desk.wait_for(
        [](const State& s) {
            const auto picture = s.cursor_picture();
            return picture && picture->at(8, 8) == 0xff40'5060 && s.cursor.hotspot == Point{3, 4};
        },
        "the guest's cursor");
}

TEST_CASE("a compositor that goes away in the middle of an update costs no more than its time") {
    Desk desk{{.fault = Fault{.request = "wl_surface.commit", .nth = 4}}};
    for (uint32_t i = 0; i < 10; ++i) {
        CHECK(desk.set(0xff00'0000 + i) < 1s);
    }
    CHECK(desk.state().faulted);
}

}  // namespace oriel::test::vdpy
