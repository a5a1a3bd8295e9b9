// SPDX-License-Identifier: MIT
#include "core/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "core/text.h"
#include "core/unique_fd.h"
#include "support/log_lines.h"

using namespace oriel;
using namespace std::chrono_literals;

TEST_CASE("a line says who speaks, about what, and how bad it is") {
    test::LogLines log;
    log_info("vfio-user", "attached {}", 7);
    log_warn("gpu", "bad command");
    CHECK(log.lines == std::vector<std::string>{"oriel: vfio-user: attached 7",
                                                "oriel: warning: gpu: bad command"});
}

TEST_CASE("what is quoted can't start a line of its own or steer the terminal") {
    test::LogLines log;
    log_info("app", "a VMM can attach to {}", "/tmp/x\noriel: error: \x1b[31mno");
    CHECK(log.lines ==
          std::vector<std::string>{"oriel: app: a VMM can attach to /tmp/x?oriel: error: ?[31mno"});
}

TEST_CASE("lines below the level are not written") {
    test::LogLines log;
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

namespace {

/// stderr is a pipe that nobody reads, while it lives.
class FullStderr {
public:
    FullStderr() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        read_end_.reset(ends[0]);
        const UniqueFd write_end{ends[1]};
        const std::vector<char> page(4096, '-');
        while (::write(write_end.get(), page.data(), page.size()) > 0) {
        }
        REQUIRE(::fcntl(write_end.get(), F_SETFL, 0) == 0);  // writes block, as in a shell
        saved_.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
        REQUIRE(::dup2(write_end.get(), STDERR_FILENO) == STDERR_FILENO);
    }
    FullStderr(const FullStderr&) = delete;
    FullStderr& operator=(const FullStderr&) = delete;
    ~FullStderr() { ::dup2(saved_.get(), STDERR_FILENO); }

    std::string read_all() {
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t got = 0; (got = ::read(read_end_.get(), part.data(), part.size())) > 0;) {
            text.append(part.data(), static_cast<size_t>(got));
        }
        return text;
    }

private:
    UniqueFd read_end_;
    UniqueFd saved_;
};

}  // namespace

TEST_CASE("a log that nobody reads never blocks, and says what was lost") {
    std::string after;
    {
        FullStderr full;
        for (int i = 0; i < 1000; ++i) {
            log_info("app", "line {}", i);
        }
        static_cast<void>(full.read_all());
        log_info("app", "somebody reads again");
        log_info("app", "and goes on");
        after = full.read_all();
    }
    CHECK(after ==
          "oriel: warning: log: 1000 lines were lost, nobody read them\n"
          "oriel: app: somebody reads again\n"
          "oriel: app: and goes on\n");
}

TEST_CASE("a line has a largest length, and is cut between characters") {
    std::string line;
    {
        FullStderr reader;
        static_cast<void>(reader.read_all());
        std::string text;
        for (int i = 0; i < 3000; ++i) {
            text += "\xc3\xa4";
        }
        log_info("app", "x{}", text);
        line = reader.read_all();
    }
    CHECK(line.size() <= 4096);
    CHECK(line.size() > 4080);
    CHECK(valid_utf8(line.substr(0, line.size() - 1)));
    CHECK(line.ends_with("...\n"));
}
