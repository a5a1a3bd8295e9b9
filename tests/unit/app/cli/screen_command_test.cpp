// SPDX-License-Identifier: MIT
#include "cli/screen_command.h"

#include <doctest/doctest.h>

#include "core/clock.h"
#include "core/event_loop.h"
#include "headless/presenter.h"
#include "scanout/null_display.h"

namespace oriel::app {
namespace {

struct Bench {
    ManualClock clock;
    EventLoop loop{clock};
    headless::HeadlessPresenter display{loop, {ScreenInfo{}, ScreenInfo{}}};

    /// The line for the user; empty if it was done.
    std::string run(const std::string& scanout, const std::string& what) {
        const std::vector<std::string> words{scanout, what};
        const auto command = parse_screen_command(words);
        REQUIRE(command);
        const auto done = run_screen_command(*command, display, "vm");
        return done ? "" : done.error().message();
    }
};

TEST_SUITE("screen command") {
    TEST_CASE("words are a change") {
        const std::vector<std::string> words{"1", "800x600@75"};
        const auto command = parse_screen_command(words);
        REQUIRE(command);
        const ScreenCommand expected{
            .scanout = 1, .change = {.preferred = Size{800, 600}, .refresh_mhz = 75'000}};
        CHECK(*command == expected);
    }

    TEST_CASE("a screen's output is any text") {
        const auto parse = [](std::vector<std::string> words) {
            return parse_screen_command(words);
        };
        const auto command = parse({"2", "output", "Dell Inc. U2415"});
        REQUIRE(command);
        CHECK(*command == ScreenCommand{.scanout = 2, .change = {}, .output = "Dell Inc. U2415"});
        CHECK_FALSE(parse({"2", "output"}));
        CHECK_FALSE(parse({"2", "output", ""}));
        CHECK_FALSE(parse({"2", "on", "DP-1"}));
        CHECK_FALSE(parse({"2", "output", "DP-1", "DP-2"}));
    }

    TEST_CASE("screens are switched off and on") {
        Bench bench;
        CHECK(bench.run("1", "off").empty());
        CHECK(connected_screens(bench.display) == 1);
        CHECK(bench.run("1", "off").empty());
        CHECK(bench.run("1", "800x600").empty());
        CHECK(connected_screens(bench.display) == 2);
        CHECK(bench.display.screen(1).preferred == Size{800, 600});
        CHECK(bench.run("0", "off").empty());
    }

    TEST_CASE("the last screen stays, and one that isn't there is named") {
        Bench bench;
        CHECK(bench.run("2", "on") == "there is no screen 2: 'vm' has 2");
        REQUIRE(bench.run("0", "off").empty());
        CHECK(bench.run("1", "off") == "screen 1 is the only one of 'vm' that is on: it stays");
        CHECK(bench.display.screen(1).connected);
    }

    TEST_CASE("a presenter whose screens are as they are says so") {
        NullDisplay display{{ScreenInfo{}, ScreenInfo{}}};
        const auto done = run_screen_command({.scanout = 0, .change = {}}, display, "vm");
        REQUIRE_FALSE(done);
        CHECK(done.error().message() == "these screens can't be changed");
    }
}

}  // namespace
}  // namespace oriel::app
