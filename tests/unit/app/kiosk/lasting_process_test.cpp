// SPDX-License-Identifier: MIT
#include "kiosk/lasting_process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/descriptor_pair.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

constexpr Nanoseconds kLong{60'000'000'000};

// Real processes need real time.
struct Rig final : LastingProcessListener {
    SystemClock clock;
    EventLoop loop{clock};
    test::TempDir folder;
    std::optional<ProcessIdentity> made;
    bool refuse = false;
    bool ended = false;
    bool heirs_gone = false;
    std::optional<ExitStatus> status;
    std::unique_ptr<LastingProcess> process;

    Result<void> process_made(const ProcessIdentity& identity) override {
        made = identity;
        return refuse ? Result<void>{host_error("no room")} : Result<void>{};
    }
    void lasting_process_ended(LastingProcess&, const std::optional<ExitStatus>& how) override {
        ended = true;
        status = how;
    }
    void heirs_ended(LastingProcess&) override { heirs_gone = true; }

    void start(const std::string& script) {
        auto started =
            LastingProcess::start(loop, {"sh", "-c", script, folder.file("file")}, *this);
        REQUIRE(started);
        process = std::move(*started);
    }
    template <class Condition>
    bool until(Condition condition) {
        const TimePoint deadline = clock.now() + Nanoseconds{20'000'000'000};
        while (!condition() && clock.now() < deadline) {
            loop.dispatch(Nanoseconds{10'000'000});
        }
        return condition();
    }
    bool file_is_there() {
        return until([this] { return ::access(folder.file("file").c_str(), F_OK) == 0; });
    }
};

TEST_SUITE("lasting process") {
    TEST_CASE("it is known before its program runs") {
        Rig rig;
        rig.start("exit 3");
        REQUIRE(rig.made);
        CHECK(rig.process->identity() == *rig.made);
        REQUIRE(rig.until([&] { return rig.ended; }));
        REQUIRE(rig.status);
        CHECK(rig.status->code == 3);
        CHECK_FALSE(rig.process->running());
    }

    TEST_CASE("where nobody can write it down, the program does not run") {
        Rig rig;
        rig.refuse = true;
        const auto started =
            LastingProcess::start(rig.loop, {"touch", rig.folder.file("file")}, rig);
        REQUIRE_FALSE(started);
        CHECK(started.error().message() == "no room");
        ::usleep(50'000);
        CHECK(::access(rig.folder.file("file").c_str(), F_OK) != 0);
    }

    TEST_CASE("a program that doesn't exist is an error that names it") {
        Rig rig;
        const auto started = LastingProcess::start(rig.loop, {"/no/such/vmm"}, rig);
        REQUIRE_FALSE(started);
        CHECK(started.error().message() == "start /no/such/vmm: No such file or directory");
    }

    TEST_CASE("it has a session of its own, and goes on without this object") {
        Rig rig;
        rig.start("sleep 60");
        const pid_t pid = rig.made->pid;
        CHECK(::getsid(pid) == pid);
        rig.process.reset();
        CHECK(identify(pid) == rig.made);
        // With what the shell has started: that would hold the test's output for a minute.
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }

    TEST_CASE("what the service manager says to this process is not said to the program") {
        const auto own =
            std::to_array<const char*>({"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"});
        for (const char* name : own) {
            ::setenv(name, "7", 1);
        }
        ::setenv("ORIEL_TEST_OTHER", "kept", 1);
        Rig rig;
        rig.start("env > $0.new; mv $0.new $0");
        REQUIRE(rig.file_is_there());
        std::ifstream file{rig.folder.file("file")};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        CHECK(text.find("ORIEL_TEST_OTHER=kept") != std::string::npos);
        for (const char* name : own) {
            CAPTURE(name);
            CHECK(text.find(fmt::format("{}=", name)) == std::string::npos);
            CHECK(std::string{::getenv(name)} == "7");
            ::unsetenv(name);
        }
        ::unsetenv("ORIEL_TEST_OTHER");
    }

    TEST_CASE("what it inherits is where sd_listen_fds(3) finds it, and nothing else is") {
        Rig rig;
        const Pipe pipe = *make_pipe("test");
        const UniqueFd file{::open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
        // In the wrong order, so that one is at the other one's place.
        const auto started = LastingProcess::start(
            rig.loop,
            {"sh", "-c",
             "{ echo $$ $LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES $GIVEN; readlink /proc/$$/fd/3 "
             "/proc/$$/fd/4; head -c 5 <&3; echo; ls /proc/$$/fd; } >$0.new; mv $0.new $0",
             rig.folder.file("file")},
            rig,
            {.variables = {"GIVEN=too"},
             .descriptors = {{"file", file.get()}, {"pipe", pipe.reader.get()}}});
        REQUIRE(started);
        REQUIRE(rig.file_is_there());
        std::ifstream text{rig.folder.file("file")};
        std::string own, pid, count, names, given, first, second, word;
        text >> own >> pid >> count >> names >> given >> first >> second >> word;
        CHECK(own == pid);
        CHECK(count == "2");
        CHECK(names == "file:pipe");
        CHECK(given == "too");
        CHECK(first.ends_with("/status"));
        CHECK(second.starts_with("pipe:"));
        CHECK(word == "Name:");
        // And the one whose end says that it is gone. The shell has its own from 10 on.
        std::vector<int> open{std::istream_iterator<int>{text}, {}};
        std::erase_if(open, [](int fd) { return fd >= 10; });
        CHECK(open.size() <= 6);
    }

    TEST_CASE("it can be adopted by who knows when it began, and by no one else") {
        Rig first;
        first.start("sleep 60");
        Rig second;
        ProcessIdentity other = *first.made;
        ++other.started;
        const auto wrong = LastingProcess::adopt(second.loop, other, second);
        REQUIRE_FALSE(wrong);
        CHECK(wrong.error().message() ==
              fmt::format("process {} is another one by now", other.pid));
        auto adopted = LastingProcess::adopt(second.loop, *first.made, second);
        REQUIRE(adopted);
        (*adopted)->terminate(kLong);
        REQUIRE(first.until([&] { return first.ended; }));
        REQUIRE(second.until([&] { return second.ended; }));
        CHECK(first.status->signal == SIGTERM);
        CHECK_FALSE(second.status);  // only a parent is told
        CHECK_FALSE(LastingProcess::adopt(second.loop, *first.made, second));
    }

    TEST_CASE("what ignores SIGTERM is killed after the patience, and also what is stopped ends") {
        const test::LogLines log;
        Rig stubborn;
        stubborn.start("trap '' TERM; : >$0; while :; do sleep 60; done");
        REQUIRE(stubborn.file_is_there());
        stubborn.process->terminate(Nanoseconds{50'000'000});
        REQUIRE(stubborn.until([&] { return stubborn.ended; }));
        CHECK(stubborn.status->signal == SIGKILL);
        CHECK(log.count("does not end: killed") == 1);

        Rig stopped;
        stopped.start("kill -STOP $$; sleep 60");
        stopped.process->terminate(kLong);
        REQUIRE(stopped.until([&] { return stopped.ended; }));
        CHECK(stopped.status->signal == SIGTERM);
    }

    TEST_CASE("what it left is told of, and goes with the object") {
        Rig rig;
        rig.start("sleep 60 & echo $! >$0.new; mv $0.new $0; exit 0");
        REQUIRE(rig.until([&] { return rig.ended; }));
        CHECK(rig.status->success());
        CHECK(rig.process->has_heirs());
        CHECK_FALSE(rig.heirs_gone);
        pid_t heir = 0;
        std::ifstream{rig.folder.file("file")} >> heir;
        REQUIRE(identify(heir));
        rig.process.reset();
        CHECK(rig.until([&] { return !identify(heir); }));
    }

    TEST_CASE("the end of what it left is told") {
        Rig rig;
        rig.start("sleep 0.05 & exit 0");
        CHECK(rig.until([&] { return rig.heirs_gone; }));
        CHECK(rig.ended);
        CHECK_FALSE(rig.process->has_heirs());
    }
}

}  // namespace
}  // namespace oriel::app
