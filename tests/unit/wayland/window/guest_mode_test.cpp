// SPDX-License-Identifier: MIT
#include "window/guest_mode.h"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "core/clock.h"

using namespace oriel;
using namespace oriel::wayland;
using namespace std::chrono_literals;

namespace {

struct Rig final : GuestModeListener {
    void guest_mode_changed() override { told.push_back(mode.preferred()); }
    void pass(Nanoseconds time) {
        // In small steps, as a clock does it.
        for (Nanoseconds passed{}; passed < time; passed += 1ms) {
            clock.advance(1ms);
            loop.dispatch(Nanoseconds{0});
        }
    }

    ManualClock clock;
    EventLoop loop{clock};
    std::vector<Size> told;
    GuestMode mode{loop, {1280, 800}, *this};
};

}  // namespace

TEST_CASE("a new size is the guest's mode once it stays") {
    Rig rig;
    rig.mode.window_has({1000, 700});
    CHECK(rig.mode.preferred() == Size{1280, 800});
    rig.pass(90ms);
    CHECK(rig.told.empty());
    rig.pass(20ms);
    CHECK(rig.told == std::vector<Size>{{1000, 700}});
    rig.pass(10s);
    CHECK(rig.told.size() == 1);
}

TEST_CASE("200 sizes in a second are at most 10 modes, and the last one counts") {
    Rig rig;
    for (uint32_t i = 1; i <= 200; ++i) {
        rig.mode.window_has({1280 + i, 800 - i});
        rig.pass(5ms);
    }
    const size_t in_the_second = rig.told.size();
    CHECK(in_the_second >= 1);
    CHECK(in_the_second <= 10);
    rig.pass(1s);
    CHECK(rig.told.size() <= 10);
    CHECK(rig.told.back() == Size{1480, 600});
    CHECK(rig.mode.preferred() == Size{1480, 600});
}

TEST_CASE("a window that is back at its size in time asks for nothing") {
    Rig rig;
    rig.mode.window_has({1000, 700});
    rig.pass(50ms);
    rig.mode.window_has({1280, 800});
    rig.pass(1s);
    CHECK(rig.told.empty());
}

TEST_CASE("windows of absurd sizes ask for what a guest can have") {
    Rig rig;
    rig.mode.window_has({1, 1});
    rig.pass(1s);
    CHECK(rig.mode.preferred() == Size{64, 64});
    rig.mode.window_has({100'000, 16});
    rig.pass(1s);
    CHECK(rig.mode.preferred() == Size{16384, 64});
}

TEST_CASE("a mode that the user asks for holds until the window has another size") {
    Rig rig;
    rig.mode.window_has({1000, 700});
    rig.mode.ask({1920, 1080});
    CHECK(rig.mode.preferred() == Size{1920, 1080});
    rig.mode.window_has({1000, 700});
    rig.pass(1s);
    CHECK(rig.mode.preferred() == Size{1920, 1080});
    CHECK(rig.told.empty());
    rig.mode.window_has({1920, 1080});
    rig.pass(1s);
    CHECK(rig.told.empty());
    rig.mode.window_has({1000, 700});
    rig.pass(1s);
    CHECK(rig.told == std::vector<Size>{{1000, 700}});
}

TEST_CASE("a window in place of another one asks for nothing as long as it has the same room") {
    Rig rig;
    rig.mode.restore({1920, 1080}, {1000, 700});
    CHECK(rig.mode.preferred() == Size{1920, 1080});
    rig.mode.window_has({1000, 700});
    rig.pass(1s);
    CHECK(rig.mode.preferred() == Size{1920, 1080});
    CHECK(rig.told.empty());
    rig.mode.window_has({800, 600});
    rig.pass(1s);
    CHECK(rig.told == std::vector<Size>{{800, 600}});
}

TEST_CASE("a window that goes before it has asked leaves the question to the next one") {
    Rig rig;
    rig.mode.window_has({1366, 768});
    rig.pass(50ms);
    // As Window keeps it, when its compositor goes.
    const Size wanted = rig.mode.wanted();
    const Size window = rig.mode.window();
    Rig next;
    next.mode.restore(wanted, window);
    next.mode.window_has({1366, 768});
    next.pass(1s);
    CHECK(next.mode.preferred() == Size{1366, 768});
}
