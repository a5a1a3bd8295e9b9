// SPDX-License-Identifier: MIT
#include "core/log.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace oriel;
using namespace std::chrono_literals;

namespace {

/// Collects the lines while it lives.
class LogCapture {
public:
    LogCapture() {
        set_log_sink(
            [](void* self, LogLevel, std::string_view line) {
                static_cast<LogCapture*>(self)->lines.emplace_back(line);
            },
            this);
    }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;
    ~LogCapture() { set_log_sink(nullptr, nullptr); }

    std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("a line says who speaks, about what, and how bad it is") {
    LogCapture log;
    log_info("vfio-user", "attached {}", 7);
    log_warn("gpu", "bad command");
    CHECK(log.lines == std::vector<std::string>{"oriel: vfio-user: attached 7",
                                                "oriel: warning: gpu: bad command"});
}

TEST_CASE("what is quoted can't start a line of its own or steer the terminal") {
    LogCapture log;
    log_info("app", "a VMM can attach to {}", "/tmp/x\noriel: error: \x1b[31mno");
    CHECK(log.lines ==
          std::vector<std::string>{"oriel: app: a VMM can attach to /tmp/x?oriel: error: ?[31mno"});
}

TEST_CASE("lines below the level are not written") {
    LogCapture log;
    set_log_level(LogLevel::kWarn);
    log_info("a", "no");
    log_error("a", "yes");
    set_log_level(LogLevel::kInfo);
    CHECK(log.lines.size() == 1);
}

TEST_CASE("only the four level names are levels") {
    CHECK(parse_log_level("debug") == LogLevel::kDebug);
    CHECK(parse_log_level("warn") == LogLevel::kWarn);
    CHECK_FALSE(parse_log_level("verbose"));
    CHECK_FALSE(parse_log_level(""));
}

TEST_CASE("the limiter lets a burst through, then one line an interval, and counts the rest") {
    ManualClock clock;
    LogLimiter limiter{3, 1s};
    int admitted = 0;
    for (int i = 0; i < 100; ++i) {
        admitted += limiter.admit(clock.now()) ? 1 : 0;
    }
    CHECK(admitted == 3);
    clock.advance(1s);
    CHECK(limiter.admit(clock.now()));
    CHECK(limiter.suppressed() == 97);
    CHECK_FALSE(limiter.admit(clock.now()));
}
