// SPDX-License-Identifier: MIT
#include "card/paced_null_display.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>

#include "core/clock.h"
#include "support/flush_done.h"

using namespace oriel;
using namespace std::chrono_literals;
using test::when_done;

namespace {

struct Rig {
    ManualClock clock;
    EventLoop loop{clock};
    card::PacedNullDisplay display{
        loop, {ScreenInfo{.refresh_mhz = 50'000}, ScreenInfo{.refresh_mhz = 100'000}}};
    int answers = 0;

    Rig() { clock.advance(1s); }
    void flush(ScanoutId screen = 0) {
        display.flush(screen, Region{}, when_done([this] { ++answers; }));
    }
    void advance(Nanoseconds by) {
        clock.advance(by);
        while (loop.dispatch(0ms)) {
        };
    }
};

}  // namespace

TEST_CASE("a guest that flushes as fast as it is answered is answered once a refresh period") {
    Rig rig;
    bool running = true;
    std::function<void()> again = [&] {
        ++rig.answers;
        if (running) {
            rig.display.flush(0, Region{}, when_done(again));
        }
    };
    rig.display.flush(0, Region{}, when_done(again));
    for (int ms = 0; ms < 1000; ++ms) {
        rig.advance(1ms);
    }
    CHECK(rig.answers >= 49);
    CHECK(rig.answers <= 51);
    running = false;
    rig.display.detach(0);
}

TEST_CASE("each screen has a refresh period of its own, and flushes in one period share it") {
    Rig rig;
    rig.flush(0);
    rig.flush(1);
    rig.advance(1ms);
    CHECK(rig.answers == 2);
    rig.flush(0);
    rig.flush(0);
    rig.flush(1);
    CHECK(rig.answers == 2);
    rig.advance(10ms);
    CHECK(rig.answers == 3);
    rig.advance(10ms);
    CHECK(rig.answers == 5);
}

TEST_CASE("what waits is answered when the screen goes dark, and when the display goes away") {
    Rig rig;
    rig.flush(0);
    rig.advance(1ms);
    rig.flush(0);
    CHECK(rig.answers == 1);
    rig.display.detach(0);
    CHECK(rig.answers == 2);

    int late = 0;
    {
        card::PacedNullDisplay gone{rig.loop, {ScreenInfo{}}};
        gone.flush(0, Region{}, when_done([&] { ++late; }));
        gone.flush(7, Region{}, when_done([&] { ++late; }));
        CHECK(late == 1);
    }
    CHECK(late == 2);
}

TEST_CASE("it looks like another display, is seen as it is told, and can't be changed") {
    Rig rig;
    const NullDisplay other{{ScreenInfo{.preferred = {640, 480}, .refresh_mhz = 20'000},
                             ScreenInfo{.connected = false}}};
    rig.display.look_like(other);
    CHECK(rig.display.screen(0) == other.screen(0));
    CHECK(rig.display.screen(1) == other.screen(1));
    CHECK(rig.display.visible(0));
    rig.display.set_seen(false);
    CHECK_FALSE(rig.display.visible(0));
    const auto changed = rig.display.set_screen(0, {.connected = false});
    REQUIRE_FALSE(changed);
    CHECK(changed.error().message().find("no compositor") != std::string::npos);
    rig.flush(0);
    rig.advance(1ms);
    rig.flush(0);
    rig.advance(48ms);
    CHECK(rig.answers == 1);
    rig.advance(2ms);
    CHECK(rig.answers == 2);
}
