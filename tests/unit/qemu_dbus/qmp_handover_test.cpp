// SPDX-License-Identifier: MIT
#include "qmp_handover.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "net/local_socket.h"
#include "support/temp_dir.h"

namespace oriel::qemu_dbus {
namespace {

using nlohmann::json;

/// QEMU's monitor, which answers when told.
struct Rig final : public HandoverListener {
    test::TempDir dir;
    std::string path = dir.file("qmp");
    UniqueFd listener = listen_local(path).value();
    ManualClock clock;
    EventLoop loop{clock};
    std::unique_ptr<QmpHandover> handover =
        std::make_unique<QmpHandover>(loop, path, static_cast<HandoverListener&>(*this));
    UniqueFd monitor;
    UniqueFd passed;  // by getfd
    std::vector<std::string> commands;
    UniqueFd socket;
    bool touch = false;
    std::string error;
    bool silent = false;

    void handed_over(UniqueFd got, bool has_touch) override {
        socket = std::move(got);
        touch = has_touch;
        handover.reset();
    }
    void bus_handed_over(UniqueFd) override { FAIL("a monitor tells of no bus"); }
    void not_handed_over(const std::string& why) override {
        error = why;
        silent = handover->silent();
        handover.reset();
    }
    void accept() {
        monitor.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        REQUIRE(monitor);
    }
    void say(const std::string& text) {
        REQUIRE(::send(monitor.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
        for (int i = 0; i < 5; ++i) {
            loop.dispatch(Nanoseconds{0});
        }
        std::array<char, 4096> buffer;
        if (auto got = receive_with_fd(monitor.get(), buffer); got && got->bytes > 0) {
            std::istringstream lines{std::string{buffer.data(), got->bytes}};
            for (std::string line; std::getline(lines, line);) {
                commands.push_back(json::parse(line).at("execute"));
            }
            if (got->fd) {
                passed = std::move(got->fd);
            }
        }
    }
    void pass(Nanoseconds time) {
        clock.advance(time);
        loop.dispatch(Nanoseconds{0});
    }
    void start() {
        handover->start(0);
        accept();
        say("{\"QMP\":{\"version\":{},\"capabilities\":[]}}\r\n");
    }
};

TEST_CASE("QEMU is given one end of a pair, and the other end is handed over") {
    Rig rig;
    rig.start();
    CHECK(rig.handover->process() == ::getpid());
    rig.say("{\"return\":{}}\r\n");
    rig.say("{\"event\":\"RESUME\",\"timestamp\":{}}\r\n");
    rig.say(R"({"return":[{"name":"t","type":"child<virtio-multitouch-pci>"}]})"
            "\r\n");
    rig.say("{\"return\":[]}\r\n");
    REQUIRE(rig.passed);
    CHECK_FALSE(rig.socket);
    rig.say("{\"return\":{}}\r\n");
    rig.say("{\"return\":{}}\r\n");
    CHECK(rig.commands == std::vector<std::string>{"qmp_capabilities", "qom-list", "qom-list",
                                                   "getfd", "add_client"});
    REQUIRE(rig.socket);
    CHECK(rig.touch);
    REQUIRE(::send(rig.passed.get(), "x", 1, MSG_NOSIGNAL) == 1);
    char byte = 0;
    CHECK(::recv(rig.socket.get(), &byte, 1, 0) == 1);
    // The monitor is free for others.
    CHECK(::recv(rig.monitor.get(), &byte, 1, 0) == 0);
}

TEST_CASE("a QEMU without such a display says so, and others are told of") {
    Rig rig;
    SUBCASE("no D-Bus display") {
        rig.start();
        for (int i = 0; i < 4; ++i) {
            rig.say("{\"return\":[]}\r\n");
        }
        rig.say(R"({"error":{"class":"GenericError","desc":"no such protocol"}})"
                "\r\n");
        CHECK(rig.error == "QEMU has no D-Bus display (-display dbus,p2p=yes): no such protocol");
    }
    SUBCASE("no monitor") {
        rig.handover->start(0);
        rig.accept();
        rig.say("SSH-2.0-OpenSSH\r\n");
        CHECK(rig.error == rig.path + ": this is no QEMU monitor");
    }
    SUBCASE("a line without an end") {
        rig.handover->start(0);
        rig.accept();
        const std::string part(60'000, 'x');
        for (int i = 0; i < 10 && rig.error.empty(); ++i) {
            rig.say(part);
            for (int turn = 0; turn < 10; ++turn) {
                rig.loop.dispatch(Nanoseconds{0});
            }
        }
        CHECK(rig.error == rig.path + ": this is no QEMU monitor");
    }
    SUBCASE("a QEMU that ends meanwhile") {
        rig.start();
        rig.monitor.reset();
        rig.loop.dispatch(Nanoseconds{0});
        CHECK(rig.error == rig.path + ": closed by QEMU");
    }
    SUBCASE("nobody") {
        rig.listener.reset();
        rig.handover->start(0);
        CHECK_FALSE(rig.error.empty());
    }
    SUBCASE("the QEMU whose display another viewer has taken") {
        rig.handover->start(::getpid());
        CHECK(rig.error == "another viewer has QEMU's display now: waiting for the next QEMU");
    }
    CHECK_FALSE(rig.socket);
    CHECK(rig.handover == nullptr);
}

TEST_CASE("a monitor that does not greet is waited for, and one that stops answering is left") {
    Rig rig;
    rig.handover->start(0);
    rig.accept();
    rig.pass(std::chrono::hours{24});
    REQUIRE(rig.handover);
    rig.say("{\"QMP\":{\"version\":{},\"capabilities\":[]}}\r\n");
    rig.say("{\"return\":{}}\r\n");
    rig.pass(QmpHandover::kAnswers - std::chrono::seconds{1});
    REQUIRE(rig.handover);
    rig.pass(std::chrono::seconds{1});
    CHECK(rig.error == rig.path + ": it does not answer");
    CHECK(rig.silent);
    CHECK(rig.handover == nullptr);
}

TEST_CASE("answers that are no answers are survived") {
    for (const std::string answer :
         {"{\"error\":7}\r\n", "{\"error\":{\"desc\":{}}}\r\n", "{}\r\n", "[]\r\n", "7\r\n",
          "{\"return\":{\"a\":{}}}\r\n{\"return\":3}\r\n{\"return\":[1,{\"type\":2},[]]}\r\n"}) {
        CAPTURE(answer);
        Rig rig;
        rig.start();
        if (rig.handover) {
            rig.say(answer);
        }
    }
}

}  // namespace
}  // namespace oriel::qemu_dbus
