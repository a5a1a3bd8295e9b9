// SPDX-License-Identifier: MIT
#include "turn_watchdog.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "core/event_loop.h"
#include "support/log_lines.h"

namespace oriel {

using namespace std::chrono_literals;

TEST_CASE("a turn of the loop that takes too long is told, with what took longest") {
    test::LogLines log;
    ManualClock clock;
    EventLoop loop{clock};
    DeferredCall quick{loop, [] {}};
    DeferredCall slow{loop, [] { std::this_thread::sleep_for(60ms); }};
    quick.schedule();
    loop.dispatch({});
    CHECK(log.count("a turn took") == 0);
    slow.schedule();
    loop.dispatch({});
    CHECK(log.count("a turn took") == 1);
    CHECK(log.count("a deferred call") == 1);
}

TEST_CASE("a loop that is never quick doesn't flood the log") {
    test::LogLines log;
    TurnWatchdog watchdog;
    for (int i = 0; i < 14; ++i) {
        watchdog.turn_begins();
        std::this_thread::sleep_for(51ms);
        watchdog.called(CallKind::kTimer);
        CHECK(watchdog.turn_ends() > TurnWatchdog::kLimit);
    }
    CHECK(log.count("a turn took") <= 11);
}

}  // namespace oriel
