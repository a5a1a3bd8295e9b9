// SPDX-License-Identifier: MIT
#include "kiosk/output_moves.h"

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/control_server.h"
#include "core/clock.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Words = std::vector<std::string>;

/// The process with the windows, as far as its control socket goes.
struct MoveDesk final : ControlHandler {
    ControlReply handle(const std::string& command, const json& request, UniqueFd&) override {
        CHECK(command == "screen");
        asked.push_back(request.at("words")[0].get<std::string>() + " " +
                        request.at("words")[2].get<std::string>());
        return refuses ? control_error("there is no compositor now")
                       : ControlReply{control_line({{"ok", true}}), {}};
    }
    void settle() {
        while (loop.dispatch(0ns)) {
        }
    }
    void pass(Nanoseconds time) {
        clock.advance(time);
        settle();
    }
    Words take() { return std::exchange(asked, {}); }

    ManualClock clock;
    EventLoop loop{clock};
    test::TempDir folder;
    test::LogLines log;
    bool refuses = false;
    Words asked;
    std::optional<ControlServer> server{std::in_place, loop, folder.file("s"), "vm", *this};
    OutputMoves moves{loop, "vm", folder.file("s")};
};

}  // namespace

TEST_SUITE("output moves") {
    TEST_CASE("screens are sent one after the other, each to its newest place") {
        MoveDesk desk;
        desk.moves.move(0, "DP-1");
        desk.moves.move(1, "DP-2");
        desk.moves.move(1, "DP-3");
        desk.settle();
        CHECK(desk.take() == Words{"0 DP-1", "1 DP-3"});
        desk.pass(1h);
        CHECK(desk.take().empty());
    }

    TEST_CASE("what can't be done now is asked for again, after delays that grow to a bound") {
        MoveDesk desk;
        desk.refuses = true;
        desk.moves.move(0, "DP-1");
        desk.settle();
        CHECK(desk.take() == Words{"0 DP-1"});
        desk.pass(999ms);
        CHECK(desk.take().empty());
        desk.pass(1ms);
        CHECK(desk.take().size() == 1);
        desk.pass(1s);
        CHECK(desk.take().empty());
        size_t times = 0;
        for (int second = 0; second < 3600; ++second) {
            desk.pass(1s);
            times += desk.take().size();
        }
        CHECK(times >= 59);
        CHECK(times <= 66);
        CHECK(desk.log.lines.size() == 1);
        desk.refuses = false;
        desk.pass(60s);
        CHECK(desk.take() == Words{"0 DP-1"});
        desk.pass(1h);
        CHECK(desk.take().empty());
    }

    TEST_CASE("a newer place is what is asked for, at once") {
        MoveDesk desk;
        desk.refuses = true;
        desk.moves.move(0, "DP-1");
        desk.settle();
        desk.refuses = false;
        desk.moves.move(0, "DP-2");
        desk.settle();
        CHECK(desk.take() == Words{"0 DP-1", "0 DP-2"});
        desk.pass(1h);
        CHECK(desk.take().empty());
    }

    TEST_CASE("a process that has ended is asked for nothing") {
        MoveDesk desk;
        desk.refuses = true;
        desk.moves.move(0, "DP-1");
        desk.settle();
        CHECK(desk.take().size() == 1);
        desk.moves.forget();
        desk.pass(1h);
        CHECK(desk.take().empty());
    }
}

}  // namespace oriel::app
