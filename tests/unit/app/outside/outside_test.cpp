// SPDX-License-Identifier: MIT
// A process in a sandbox, and the one outside of it, which is a real one here.
#include "net/outside.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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
                           .remove = {dir.file("own"), dir.file("text")}};
    UniqueFd listener = listen_local(dir.file("vmm")).value();
    UniqueFd socket;
    std::optional<Outside> outside;
    ConnectAttempt attempt{static_cast<ConnectListener&>(*this)};
    std::optional<Result<UniqueFd>> connected;
    std::optional<Result<std::string>> probed;

    explicit Rig(const std::string& painter = "/no/painter") {
        socket = start_outside(places, painter).value();
    }
    void enter() { outside.emplace(loop, std::move(socket), places); }
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
    // No such work, half a message, a painter without a socket: no answer, and it goes on.
    REQUIRE(::send(rig.socket.get(), "junk", 4, 0) == 4);
    OutsideRequest odd{.number = 4, .work = static_cast<OutsideWork>(77)};
    REQUIRE(::send(rig.socket.get(), &odd, sizeof odd, 0) == sizeof odd);
    odd = {.number = 5, .work = OutsideWork::kPaint};
    REQUIRE(::send(rig.socket.get(), &odd, sizeof odd, 0) == sizeof odd);
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

TEST_CASE("the painter is started outside, with its socket") {
    test::TempDir dir;
    const std::string program = dir.file("painter");
    std::ofstream{program} << "#!/bin/sh\neval \"echo painted >&$1\"\n";
    REQUIRE(::chmod(program.c_str(), 0700) == 0);
    Rig rig{program};
    rig.enter();
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd own{ends[0]};
    UniqueFd its{ends[1]};
    REQUIRE(rig.outside->start_painter(its.get()));
    its.reset();
    std::array<char, 64> said{};
    CHECK(::read(own.get(), said.data(), said.size()) == 8);
    CHECK(std::string{said.data()} == "painted\n");
    CHECK(::read(own.get(), said.data(), said.size()) == 0);  // it has ended
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
