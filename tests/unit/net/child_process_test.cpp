// SPDX-License-Identifier: MIT
#include "net/child_process.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "core/clock.h"
#include "support/temp_dir.h"

namespace oriel {
namespace {

// Real processes need real time.
struct Rig {
    SystemClock clock;
    EventLoop loop{clock};
    std::optional<ExitStatus> ended;

    std::unique_ptr<ChildProcess> start(const std::vector<std::string>& command) {
        auto child = ChildProcess::start(loop, command, [this](const ExitStatus& s) { ended = s; });
        REQUIRE(child);
        return std::move(*child);
    }
    ExitStatus wait() {
        const TimePoint until = clock.now() + Nanoseconds{20'000'000'000};
        while (!ended && clock.now() < until) {
            loop.dispatch(Nanoseconds{100'000'000});
        }
        REQUIRE(ended);
        return *ended;
    }
};

/// Nothing runs there: no such process, or nobody has fetched its exit status yet.
bool ended(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    std::getline(file, line);
    const size_t name_end = line.rfind(')');
    return name_end == std::string::npos || line.substr(name_end + 2, 1) == "Z";
}

constexpr Nanoseconds kLong{60'000'000'000};
constexpr Nanoseconds kShort{50'000'000};

TEST_SUITE("child process") {
    TEST_CASE("its exit status arrives on the loop") {
        Rig rig;
        const auto child = rig.start({"sh", "-c", "exit 3"});
        CHECK(child->running());
        const ExitStatus status = rig.wait();
        CHECK(status.code == 3);
        CHECK(status.signal == 0);
        CHECK_FALSE(child->running());
        CHECK(to_string(status) == "with status 3");
    }

    TEST_CASE("a program that doesn't exist is an error that names it") {
        Rig rig;
        const auto child =
            ChildProcess::start(rig.loop, {"/no/such/program"}, [](const ExitStatus&) {});
        REQUIRE_FALSE(child);
        CHECK(child.error().code == ENOENT);
        CHECK(child.error().message().find("/no/such/program") != std::string::npos);
    }

    TEST_CASE("one that is asked to end ends by that signal, also if ours are blocked") {
        sigset_t blocked;
        sigset_t before;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        sigprocmask(SIG_BLOCK, &blocked, &before);
        Rig rig;
        const auto child = rig.start({"sleep", "60"});
        child->terminate(kLong);
        CHECK(rig.wait().signal == SIGTERM);
        sigprocmask(SIG_SETMASK, &before, nullptr);
    }

    TEST_CASE("one that doesn't end is killed") {
        Rig rig;
        const test::TempDir folder;
        const std::string deaf = folder.file("deaf");
        const auto child =
            rig.start({"sh", "-c", "trap '' TERM; : >\"$0\"; while :; do sleep 0.05; done", deaf});
        while (!std::filesystem::exists(deaf)) {
            rig.loop.dispatch(Nanoseconds{1'000'000});
        }
        child->terminate(kShort);
        CHECK(rig.wait().signal == SIGKILL);
    }

    TEST_CASE("one that is about to end is asked only if it doesn't") {
        Rig rig;
        const auto child = rig.start({"sleep", "60"});
        child->expect_end(kShort);
        CHECK(rig.wait().signal == SIGTERM);
    }

    TEST_CASE("it doesn't outlive its owner") {
        Rig rig;
        auto child = rig.start({"sleep", "60"});
        const pid_t pid = child->pid();
        child.reset();
        CHECK(::kill(pid, 0) != 0);
        CHECK(errno == ESRCH);
        CHECK_FALSE(rig.ended);
    }

    TEST_CASE("it doesn't outlive a process that is killed") {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const UniqueFd told{ends[0]};
        UniqueFd tell{ends[1]};
        const pid_t owner = ::fork();
        REQUIRE(owner >= 0);
        if (owner == 0) {
            Rig rig;
            const auto child =
                ChildProcess::start(rig.loop, {"sleep", "60"}, [](const ExitStatus&) {});
            const pid_t pid = child ? (*child)->pid() : 0;
            static_cast<void>(!::write(tell.get(), &pid, sizeof pid));
            ::raise(SIGKILL);
        }
        tell.reset();
        pid_t pid = 0;
        REQUIRE(::read(told.get(), &pid, sizeof pid) == sizeof pid);
        ::waitpid(owner, nullptr, 0);
        REQUIRE(pid > 0);
        const SystemClock clock;
        const TimePoint until = clock.now() + Nanoseconds{20'000'000'000};
        while (!ended(pid) && clock.now() < until) {
            ::usleep(1000);
        }
        CHECK(ended(pid));
    }
}

}  // namespace
}  // namespace oriel
