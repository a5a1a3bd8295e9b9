// SPDX-License-Identifier: MIT
// A process in a sandbox, and the one outside of it, which is a real one here.
#include "net/outside.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "core/clock.h"
#include "net/connect_attempt.h"
#include "net/local_socket.h"
#include "net/pidfd.h"
#include "net/socket_file.h"
#include "outside/outside_process.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"
#include "wayland/gpu_probe.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;

struct Rig final : private ConnectListener, private wayland::GpuProbeListener {
    test::LogLines log;
    test::TempDir dir;
    SystemClock clock;
    EventLoop loop{clock};
    Outside::Places places{.connect = {dir.file("vmm")},
                           .remove = {dir.file("own"), dir.file("text")},
                           .vmm = {dir.file("vmm")}};
    UniqueFd listener = listen_local(dir.file("vmm")).value();
    UniqueFd socket;
    std::optional<Outside> outside;
    ConnectAttempt attempt{static_cast<ConnectListener&>(*this)};
    std::optional<Result<UniqueFd>> connected;
    std::optional<Result<std::string>> probed;

    explicit Rig(const std::string& painter = "/no/painter", size_t most = 1) {
        places.programs.at(static_cast<size_t>(HelperKind::kPainter)) = {
            .path = painter, .arguments = {"word"}, .most = most};
        socket = start_outside(places).value();
    }
    void enter(const std::vector<Outside::Child>& children = {}) {
        outside.emplace(loop, std::move(socket), places, children);
    }
    wayland::GpuProbeListener& as_probe_listener() { return *this; }

    template <class Condition>
    bool wait(Condition condition) {
        const TimePoint deadline = clock.now() + 20s;
        while (clock.now() < deadline) {
            if (condition()) {
                return true;
            }
            loop.dispatch(10ms);
        }
        return false;
    }
    /// As somebody asks who has broken into the process in the sandbox.
    OutsideReply ask(const OutsideRequest& request) {
        std::array<char, sizeof request> bytes{};
        std::memcpy(bytes.data(), &request, sizeof request);
        REQUIRE(send_with_fd(socket.get(), bytes, -1).value_or(0) == sizeof request);
        OutsideReply reply;
        ssize_t got = -1;
        CHECK(wait([&] {
            got = ::recv(socket.get(), &reply, sizeof reply, 0);
            return got >= 0;
        }));
        REQUIRE(got == sizeof reply);
        return reply;
    }

private:
    void connect_ended(Result<UniqueFd> made) override { connected = std::move(made); }
    void gpu_probed(const Result<std::string>& renderer) override { probed = renderer; }
};

TEST_CASE("a process in a sandbox is connected by the one outside, and only where it was before") {
    Rig rig;
    rig.attempt.start(rig.dir.file("vmm"));
    REQUIRE(rig.connected);  // by itself, at once
    CHECK(peer_process(::accept(rig.listener.get(), nullptr, nullptr)) == ::getpid());
    rig.connected.reset();
    rig.enter();
    rig.attempt.start(rig.dir.file("vmm"));
    CHECK_FALSE(rig.connected);
    REQUIRE(rig.wait([&] { return rig.connected.has_value(); }));
    REQUIRE(rig.connected->has_value());
    const UniqueFd server{::accept(rig.listener.get(), nullptr, nullptr)};
    const pid_t other = peer_process(server.get());
    CHECK(other > 0);
    CHECK(other != ::getpid());
    CHECK(::write((*rig.connected)->get(), "x", 1) == 1);
    rig.connected.reset();
    rig.attempt.start(rig.dir.file("another"));
    REQUIRE(rig.connected);
    CHECK(rig.connected->error().code == EACCES);
}

TEST_CASE("nobody is at the socket: the error is the one that there is without a sandbox") {
    Rig rig;
    std::filesystem::remove(rig.dir.file("vmm"));
    rig.attempt.start(rig.dir.file("vmm"));
    const std::string without = rig.connected->error().message();
    rig.connected.reset();
    rig.enter();
    rig.attempt.start(rig.dir.file("vmm"));
    REQUIRE(rig.wait([&] { return rig.connected.has_value(); }));
    CHECK(rig.connected->error().message() == without);
}

TEST_CASE("an attempt that was given up is not answered") {
    Rig rig;
    rig.enter();
    rig.attempt.start(rig.dir.file("vmm"));
    rig.attempt.cancel();
    ConnectAttempt* const ended = &rig.attempt;
    ended->start(rig.dir.file("vmm"));  // the answer that counts
    REQUIRE(rig.wait([&] { return rig.connected.has_value(); }));
    rig.connected.reset();
    rig.loop.dispatch(50ms);
    CHECK_FALSE(rig.connected);
}

TEST_CASE("whoever has broken in gets nothing else outside") {
    Rig rig;
    std::ofstream{rig.dir.file("text")} << "not a socket";
    const OutsideReply far = rig.ask({.number = 1, .work = OutsideWork::kConnect, .place = 99});
    CHECK(far.failed != 0);
    CHECK(far.code == EACCES);
    static_cast<void>(rig.ask({.number = 2, .work = OutsideWork::kRemove, .place = 1}));
    CHECK(std::filesystem::exists(rig.dir.file("text")));
    static_cast<void>(rig.ask({.number = 3, .work = OutsideWork::kRemove, .place = 99}));
    // No such work, half a message, helpers without a socket or of no kind: no answer, and it goes
    // on.
    REQUIRE(::send(rig.socket.get(), "junk", 4, 0) == 4);
    OutsideRequest odd{.number = 4, .work = static_cast<OutsideWork>(77)};
    REQUIRE(::send(rig.socket.get(), &odd, sizeof odd, 0) == sizeof odd);
    for (const uint32_t kind : {0U, 99U}) {
        odd = {.number = 5, .work = OutsideWork::kStart, .place = kind};
        REQUIRE(::send(rig.socket.get(), &odd, sizeof odd, 0) == sizeof odd);
    }
    CHECK(rig.ask({.number = 6, .work = OutsideWork::kConnect}).failed == 0);
}

TEST_CASE("the file of a socket goes away with its process, in a sandbox too") {
    Rig rig;
    const UniqueFd own = listen_local(rig.dir.file("own")).value();
    const UniqueFd other = listen_local(rig.dir.file("other")).value();
    rig.enter();
    { const SocketFile file{rig.dir.file("own")}; }
    CHECK_FALSE(std::filesystem::exists(rig.dir.file("own")));
    // One that was not named before stays.
    { const SocketFile file{rig.dir.file("other")}; }
    CHECK(std::filesystem::exists(rig.dir.file("other")));
}

/// A program that says its argument, and goes on until its socket ends if it is told to.
std::string make_painter(const test::TempDir& dir) {
    std::string program = dir.file("painter");
    std::ofstream{program} << "#!/bin/sh\neval \"echo $2 >&$1; exec cat <&$1\"\n";
    REQUIRE(::chmod(program.c_str(), 0700) == 0);
    return program;
}

struct Started {
    UniqueFd own;
    uint32_t number = 0;

    explicit Started(Outside& outside) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        own.reset(ends[0]);
        const UniqueFd its{ends[1]};
        number = outside.start(HelperKind::kPainter, its.get()).value();
    }
    /// Waits for it; empty: it has ended.
    [[nodiscard]] std::string said() const {
        std::array<char, 64> text{};
        pollfd state{own.get(), POLLIN, 0};
        if (::poll(&state, 1, 20'000) != 1) {
            return "nothing within 20 s";
        }
        const ssize_t got = ::read(own.get(), text.data(), text.size());
        return {text.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
    }
    [[nodiscard]] bool runs() const {
        pollfd state{own.get(), POLLIN, 0};
        return ::poll(&state, 1, 100) == 0;
    }
};

TEST_CASE("a helper is started outside, with its socket, and ends when it is wanted no more") {
    const test::TempDir dir;
    Rig rig{make_painter(dir)};
    rig.enter();
    const Started one{*rig.outside};
    CHECK(one.said() == "word\n");
    CHECK(one.runs());
    rig.outside->end(one.number + 1);
    CHECK(one.runs());
    rig.outside->end(one.number);
    CHECK(one.said().empty());
}

TEST_CASE("of each helper there are so many at most: one more ends the oldest") {
    const test::TempDir dir;
    Rig rig{make_painter(dir), 2};
    rig.enter();
    const Started first{*rig.outside};
    const Started second{*rig.outside};
    CHECK(first.said() == "word\n");
    CHECK(second.said() == "word\n");
    const Started third{*rig.outside};
    CHECK(third.said() == "word\n");
    CHECK(first.said().empty());
    CHECK(second.runs());
}

/// A process that can be signalled, and is connected to `path`.
struct Peer {
    pid_t pid = 0;
    UniqueFd connection;  ///< accepted from it

    Peer(const std::string& path, int listener) {
        const pid_t parent = ::getpid();
        pid = ::fork();
        if (pid == 0) {
            static_cast<void>(std::signal(SIGTERM, SIG_DFL));  // doctest's
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const auto socket = connect_local(path);
            while (socket && ::getppid() == parent) {
                ::pause();
            }
            ::_exit(1);
        }
        pollfd state{listener, POLLIN, 0};
        REQUIRE(::poll(&state, 1, 20'000) == 1);
        connection.reset(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        REQUIRE(connection);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    /// It was killed, or is within a moment.
    [[nodiscard]] bool ended() const {
        for (int i = 0; i < 20; ++i) {
            siginfo_t info{};
            ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
            if (info.si_pid == pid) {
                return true;
            }
            ::usleep(10'000);
        }
        return false;
    }
};

/// Tells what it heard.
struct FoundProcess final : OutsideListener {
    std::optional<Result<std::string>> answer;
    UniqueFd pidfd;
    OutsideErrand errand{static_cast<OutsideListener&>(*this)};
    void outside_answered(Result<std::string> text, UniqueFd fd) override {
        answer = std::move(text);
        pidfd = std::move(fd);
    }
};

TEST_CASE("who has come to the VMM's socket is signalled, and nobody else") {
    Rig rig;
    const std::string elsewhere = rig.dir.file("elsewhere");
    const UniqueFd other_listener = listen_local(elsewhere).value();
    const Peer vmm{rig.dir.file("vmm"), rig.listener.get()};
    const Peer other{elsewhere, other_listener.get()};
    rig.enter();
    FoundProcess found;
    const auto find = [&](pid_t pid, int connection) {
        found.answer.reset();
        found.errand.find_vmm(pid, connection);
        REQUIRE(rig.wait([&] { return found.answer.has_value(); }));
        return found.answer->has_value() && found.pidfd.valid();
    };
    rig.outside->signal(vmm.pid, SIGKILL);  // nobody has found it yet
    CHECK_FALSE(vmm.ended());
    CHECK_FALSE(find(other.pid, other.connection.get()));
    CHECK_FALSE(find(other.pid, vmm.connection.get()));
    CHECK_FALSE(find(::getpid(), -1));
    CHECK(find(vmm.pid, vmm.connection.get()));
    rig.outside->signal(other.pid, SIGKILL);
    rig.outside->signal(vmm.pid, SIGSTOP);
    CHECK_FALSE(other.ended());
    rig.outside->signal(vmm.pid, SIGTERM);
    CHECK(vmm.ended());
    // Its number may be another's now.
    CHECK_FALSE(find(vmm.pid, vmm.connection.get()));
}

TEST_CASE("who listens where the VMM does is known since it was connected to") {
    Rig rig;
    rig.enter();
    FoundProcess found;
    rig.attempt.start(rig.dir.file("vmm"));
    REQUIRE(rig.wait([&] { return rig.connected.has_value(); }));
    found.errand.find_vmm(::getpid(), -1);
    REQUIRE(rig.wait([&] { return found.answer.has_value(); }));
    CHECK(found.answer->has_value());
    CHECK(found.pidfd.valid());
}

TEST_CASE("what a process asks for at its end is done") {
    Rig rig;
    const Peer peer{rig.dir.file("vmm"), rig.listener.get()};
    const UniqueFd pidfd{::pidfd_open(peer.pid, 0)};
    rig.enter({{.pid = peer.pid, .pidfd = pidfd.get(), .end_signal = 0}});
    rig.outside->signal(peer.pid, SIGKILL);
    rig.outside.reset();
    CHECK(peer.ended());
}

TEST_CASE("what a process has started hears of its end, as from the kernel without a sandbox") {
    Rig rig;
    const Peer one{rig.dir.file("vmm"), rig.listener.get()};
    const Peer other{rig.dir.file("vmm"), rig.listener.get()};
    const UniqueFd pidfd{::pidfd_open(one.pid, 0)};
    rig.enter({{.pid = one.pid, .pidfd = pidfd.get(), .end_signal = SIGTERM}});
    CHECK_FALSE(one.ended());
    rig.outside.reset();
    CHECK(one.ended());
    CHECK_FALSE(other.ended());
}

TEST_CASE("a VMM is named before the first request, and never again") {
    Rig rig;
    const Peer peer{rig.dir.file("vmm"), rig.listener.get()};
    const UniqueFd pidfd{::pidfd_open(peer.pid, 0)};
    const auto send = [&](OutsideRequest request, int fd) {
        std::array<char, sizeof request> bytes{};
        std::memcpy(bytes.data(), &request, sizeof request);
        REQUIRE(send_with_fd(rig.socket.get(), bytes, fd).value_or(0) == sizeof request);
    };
    const auto number = static_cast<uint32_t>(peer.pid);
    const bool late = [] {
        bool is_late = false;
        SUBCASE("late") {
            is_late = true;
        }
        SUBCASE("in time") {}
        return is_late;
    }();
    if (late) {
        static_cast<void>(rig.ask({.number = 1, .work = OutsideWork::kRemove, .place = 99}));
    }
    send({.number = 2, .work = OutsideWork::kBegin, .place = number}, pidfd.get());
    send({.number = 3, .work = OutsideWork::kSignal, .place = number, .argument = SIGKILL}, -1);
    CHECK(peer.ended() == !late);
}

TEST_CASE("a GPU is tried outside") {
    ::unsetenv("WAYLAND_DISPLAY");
    ::setenv("XDG_RUNTIME_DIR", "/no/such/folder", 1);
    Rig rig;
    rig.enter();
    const wayland::GpuProbe probe{rig.loop, rig.as_probe_listener()};
    CHECK_FALSE(rig.probed);
    REQUIRE(rig.wait([&] { return rig.probed.has_value(); }));
    CHECK(rig.probed->error().message() == "no connection to the compositor");
}

TEST_CASE("the process outside is lost: one line, and whoever waits is told") {
    Rig rig;
    // Its number is that of the peer of a connection that it made.
    rig.enter();
    rig.attempt.start(rig.dir.file("vmm"));
    REQUIRE(rig.wait([&] { return rig.connected.has_value(); }));
    const UniqueFd server{::accept(rig.listener.get(), nullptr, nullptr)};
    rig.connected.reset();
    REQUIRE(::kill(peer_process(server.get()), SIGKILL) == 0);
    rig.attempt.start(rig.dir.file("vmm"));
    REQUIRE(rig.wait([&] { return rig.connected.has_value(); }));
    CHECK_FALSE(rig.connected->has_value());
    rig.loop.dispatch(10ms);
    rig.connected.reset();
    rig.attempt.start(rig.dir.file("vmm"));
    REQUIRE(rig.connected);
    CHECK_FALSE(rig.connected->has_value());
    CHECK(rig.log.count("the process outside the sandbox has ended") == 1);
}

}  // namespace
}  // namespace oriel::app
