// SPDX-License-Identifier: MIT
#include "serve/hud.h"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>

#include "scanout/null_display.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;

/// Two screens, whose numbers the test says.
struct NumberedDisplay final : NullDisplay {
    NumberedDisplay() : NullDisplay{{ScreenInfo{}, ScreenInfo{}}} { stats_[0].path = "shm"; }
    [[nodiscard]] bool visible(ScanoutId scanout) const override { return scanout < seen; }
    ScanoutStats& numbers(ScanoutId scanout) { return stats_[scanout]; }
    uint32_t seen = 1;
};

struct HudDesk final : OverlayTarget, VmStatus {
    void set_dimmed(const std::string&) override {}
    void set_figures(ScanoutId scanout, const std::string& text) override {
        figures[scanout] = text;
        ++calls;
    }
    [[nodiscard]] std::string_view vm_status() const override { return state; }
    /// Whether anything was due.
    bool pass(Nanoseconds time) {
        clock.advance(time);
        return loop.dispatch(Nanoseconds{0});
    }
    /// One frame each 20 ms.
    void frames(int count) {
        for (int i = 0; i < count; ++i) {
            static_cast<void>(pass(20ms));
            ++display.numbers(0).presented;
            hud.wake();
        }
    }

    ManualClock clock;
    EventLoop loop{clock};
    NumberedDisplay display;
    card::Card card{display};
    std::string state = "running";
    std::map<ScanoutId, std::string> figures;
    int calls = 0;
    Hud hud{loop, card, this, *this};
};

}  // namespace

TEST_CASE("the figures are new once a second, and nobody is woken when the screens rest") {
    HudDesk desk;
    REQUIRE(desk.hud.set(true));
    CHECK(desk.figures[0] == "shm, running\n- fps, - merged/s\np50 - ms, p99 - ms");
    CHECK(desk.calls == 1);
    desk.display.numbers(0).merged = 5;
    desk.display.numbers(0).flush_to_presented.add(8ms);
    desk.frames(51);
    CHECK(desk.calls == 2);
    CHECK(desk.figures[0].starts_with("shm, running\n49.0 fps, 5.0 merged/s\np50 "));
    static_cast<void>(desk.pass(1s));
    CHECK(desk.calls == 3);
    static_cast<void>(desk.pass(1s));
    CHECK(desk.figures[0].find("\n0.0 fps, 0.0 merged/s\n") != std::string::npos);
    CHECK_FALSE(desk.pass(1h));
    CHECK(desk.calls == 4);

    // The first frame after an hour counts from there.
    desk.frames(51);
    CHECK(desk.figures[0].find("\n49.0 fps") != std::string::npos);
}

TEST_CASE("a screen that nobody sees gets no figures, and a switched off HUD takes all away") {
    HudDesk desk;
    desk.display.seen = 0;
    REQUIRE(desk.hud.set(true));
    desk.frames(60);
    CHECK(desk.calls == 0);
    desk.display.seen = 2;
    desk.frames(60);
    CHECK(desk.figures[1].starts_with("none, running\n0.0 fps"));
    REQUIRE(desk.hud.set(false));
    CHECK(desk.figures[0].empty());
    CHECK(desk.figures[1].empty());
    CHECK_FALSE(desk.pass(1h));
    const int calls = desk.calls;
    desk.frames(60);
    CHECK(desk.calls == calls);
}

TEST_CASE("figures say how it stands with the VM, and counters may begin anew") {
    HudDesk desk;
    desk.display.numbers(0).presented = 1000;
    REQUIRE(desk.hud.set(true));
    desk.state = "stale";
    desk.display.numbers(0).presented = 3;
    static_cast<void>(desk.pass(1s));
    CHECK(desk.figures[0].starts_with("shm, stale\n- fps, 0.0 merged/s"));
}

TEST_CASE("without windows there is no HUD, and one line says so") {
    HudDesk desk;
    Hud headless{desk.loop, desk.card, nullptr, desk};
    const auto refused = headless.set(true);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() == "there are no windows to show figures in");
    headless.wake();
    CHECK_FALSE(desk.pass(1h));
}

}  // namespace oriel::app
