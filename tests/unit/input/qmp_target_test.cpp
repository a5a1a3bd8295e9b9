// SPDX-License-Identifier: MIT
// The monitor's client against a QEMU that behaves, and against others.
#include "input/qmp_target.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/local_socket.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::input {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// QEMU's end of the socket: takes one client, answers when told.
struct Rig {
    test::LogLines log;
    test::TempDir dir;
    std::string path = dir.file("qmp");
    UniqueFd listener;
    UniqueFd client;
    std::string received;
    ManualClock clock;
    EventLoop loop{clock};
    std::optional<QmpTarget> target;
    json mice = json::array(
        {{{"name", "QEMU PS/2 Mouse"}, {"index", 2}, {"current", true}, {"absolute", false}}});

    void listen() { listener = listen_local(path).value(); }
    void start() { target.emplace(loop, path); }
    void turn() {
        for (int i = 0; i < 50; ++i) {
            loop.dispatch(Nanoseconds{0});
        }
    }
    void accept() {
        client.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        REQUIRE(client);
    }
    void say(const std::string& text) {
        REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
        turn();
    }
    void greet() { say("{\"QMP\":{\"version\":{},\"capabilities\":[]}}\r\n"); }
    /// The commands that have come.
    std::vector<json> commands() {
        turn();
        std::array<char, 65536> buffer;
        for (ssize_t length = 0;
             (length = ::recv(client.get(), buffer.data(), buffer.size(), 0)) > 0;) {
            received.append(buffer.data(), static_cast<size_t>(length));
        }
        std::vector<json> found;
        for (size_t end = 0; (end = received.find('\n')) != std::string::npos;) {
            found.push_back(json::parse(received.substr(0, end)));
            received.erase(0, end + 1);
        }
        return found;
    }
    void answer(const json& command) {
        const json result = command["execute"] == "query-mice" ? mice : json::object();
        say(json{{"return", result}, {"id", command["id"]}}.dump() + "\r\n");
    }
    /// Takes all commands that come, answers them, and returns the events.
    json events() {
        json all = json::array();
        for (auto some = commands(); !some.empty(); some = commands()) {
            for (const json& command : some) {
                if (command["execute"] == "input-send-event") {
                    for (const json& event : command["arguments"]["events"]) {
                        all.push_back(event);
                    }
                }
                answer(command);
            }
        }
        return all;
    }
    void connect() {
        listen();
        start();
        turn();
        accept();
        greet();
        static_cast<void>(events());
    }
    void key(uint16_t code, bool down) {
        target->keyboard().event({EV_KEY, code, down ? 1 : 0});
        target->keyboard().sync(clock.now());
    }
};

TEST_CASE("keys get to QEMU once it has greeted and agreed") {
    Rig rig;
    rig.connect();
    CHECK(rig.target->keyboard().ready());
    CHECK(rig.target->mouse().ready());
    CHECK_FALSE(rig.target->pointer().ready());
    CHECK(rig.target->stats().connected);
    rig.key(KEY_LEFTCTRL, true);
    const json events = rig.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0]["data"]["key"]["data"] == "ctrl");
    rig.key(KEY_LEFTCTRL, true);
    CHECK(rig.events().empty());
    rig.key(KEY_FN, true);
    CHECK(rig.events().empty());
    CHECK(rig.target->stats().untranslatable == 1);
}

TEST_CASE("an absolute pointer is noticed while the guest boots, also after a reset") {
    Rig rig;
    rig.connect();
    rig.mice[0]["absolute"] = true;
    rig.clock.advance(2s);
    static_cast<void>(rig.events());
    CHECK(rig.target->pointer().ready());
    rig.mice[0]["absolute"] = false;
    rig.clock.advance(200s);
    static_cast<void>(rig.events());
    CHECK_FALSE(rig.target->pointer().ready());
    // Booted: nobody asks any more.
    rig.mice[0]["absolute"] = true;
    rig.clock.advance(200s);
    CHECK(rig.commands().empty());
    rig.say("{\"event\":\"RESET\",\"data\":{\"guest\":true}}\n");
    static_cast<void>(rig.events());
    CHECK(rig.target->pointer().ready());
}

TEST_CASE("an absolute pointer that the guest begins to use is noticed while it is pointed at") {
    Rig rig;
    rig.connect();
    rig.clock.advance(200s);
    static_cast<void>(rig.events());
    rig.mice[0]["absolute"] = true;
    rig.target->mouse().event({EV_REL, REL_X, 1});
    rig.target->mouse().sync(rig.clock.now());
    static_cast<void>(rig.events());
    CHECK_FALSE(rig.target->pointer().ready());
    rig.clock.advance(3s);
    rig.target->mouse().event({EV_REL, REL_X, 1});
    rig.target->mouse().sync(rig.clock.now());
    static_cast<void>(rig.events());
    CHECK(rig.target->pointer().ready());
    CHECK_FALSE(rig.target->mouse().ready());
    rig.target->pointer().event({EV_ABS, ABS_X, 77});
    rig.target->pointer().sync(rig.clock.now());
    CHECK(rig.events()[0]["data"]["value"] == 77);
}

TEST_CASE("without QEMU nothing waits, one line says so, and it is found when it comes") {
    Rig rig;
    rig.start();
    for (int i = 0; i < 20; ++i) {
        rig.clock.advance(1s);
        rig.turn();
    }
    CHECK(rig.log.count("qmp") == 1);
    CHECK_FALSE(rig.target->keyboard().ready());
    rig.key(KEY_A, true);
    CHECK(rig.target->stats().dropped == 1);
    rig.listen();
    rig.clock.advance(1s);
    rig.turn();
    rig.accept();
    rig.greet();
    CHECK(rig.events().empty());
    CHECK(rig.target->keyboard().ready());
}

TEST_CASE("what was down when the connection was lost is released on the next one") {
    Rig rig;
    rig.connect();
    rig.key(KEY_A, true);
    rig.target->mouse().event({EV_KEY, BTN_LEFT, 1});
    rig.target->mouse().sync(rig.clock.now());
    CHECK(rig.events().size() == 2);
    rig.client.reset();
    rig.turn();
    CHECK_FALSE(rig.target->keyboard().ready());
    rig.clock.advance(1s);
    rig.turn();
    rig.accept();
    rig.greet();
    const json events = rig.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0]["data"]["down"] == false);
    CHECK(events[1]["data"]["down"] == false);
    rig.key(KEY_A, false);
    CHECK(rig.events().empty());
    CHECK(rig.target->stats().connects == 2);
}

TEST_CASE("a QEMU that answers nothing costs a bounded buffer and a line, and no key is stuck") {
    Rig rig;
    rig.connect();
    for (int i = 0; i < 10'000; ++i) {
        rig.key(KEY_A, i % 2 == 0);
    }
    // Sixteen are on their way, the rest waits or was dropped.
    CHECK(rig.commands().size() == 16);
    CHECK(rig.target->stats().dropped > 5000);
    rig.clock.advance(6s);
    rig.turn();
    CHECK(rig.log.count("doesn't answer") == 1);
    CHECK_FALSE(rig.target->keyboard().ready());
    rig.target.reset();
}

TEST_CASE("a slow QEMU gets the last state") {
    Rig rig;
    rig.connect();
    rig.key(KEY_B, true);
    for (int i = 0; i < 10'001; ++i) {
        rig.key(KEY_A, i % 2 == 0);
    }
    rig.key(KEY_B, false);
    bool a = false;
    bool b = false;
    for (const json& event : rig.events()) {
        (event["data"]["key"]["data"] == "a" ? a : b) = event["data"]["down"].get<bool>();
    }
    CHECK(a);
    CHECK_FALSE(b);
}

TEST_CASE("whoever speaks no QMP is left, with one line, and not asked again at once") {
    for (const std::string& odd :
         {std::string{"SSH-2.0\r\n"}, std::string{"{}\n"}, std::string{"[1,2]\n"},
          std::string{"{\"return\":{},\"id\":1}\n"}, std::string(70'000, 'x')}) {
        Rig rig;
        rig.listen();
        rig.start();
        rig.turn();
        rig.accept();
        rig.say(odd);
        CHECK(rig.log.count("qmp") == 1);
        CHECK(rig.target->stats().garbage == 1);
        rig.clock.advance(2s);
        rig.turn();
        CHECK(::accept4(rig.listener.get(), nullptr, nullptr, SOCK_NONBLOCK) < 0);
    }
}

TEST_CASE("garbage in the middle, answers to nobody and errors do no harm") {
    Rig rig;
    rig.connect();
    rig.say("{\"return\":{},\"id\":999999}\n{\"return\":{}}\n{\"event\":\"STOP\"}\n");
    rig.key(KEY_A, true);
    for (const json& command : rig.commands()) {
        rig.say(json{{"error", {{"class", "GenericError"}, {"desc", "no\x1b[2J"}}},
                     {"id", command["id"]}}
                    .dump() +
                "\n");
    }
    CHECK(rig.target->stats().errors == 1);
    CHECK(rig.target->keyboard().ready());
    rig.say("nonsense\n");
    CHECK_FALSE(rig.target->keyboard().ready());
}

TEST_CASE("answers to what wasn't asked, or was answered, make no room for more commands") {
    Rig rig;
    rig.connect();
    const uint64_t before = rig.target->stats().commands;
    for (int round = 0; round < 200; ++round) {
        rig.key(KEY_A, round % 2 == 0);
        rig.say("{\"return\":{},\"id\":1}\r\n");
    }
    CHECK(rig.target->stats().commands - before <= 16);
}

TEST_CASE("a QEMU that answers unread costs a bounded buffer, and then its connection") {
    Rig rig;
    rig.connect();
    // It knows the ids: they count up. Nothing that is sent to it is ever read.
    uint64_t id = 1;
    for (int round = 0; rig.target->stats().connected && round < 60'000; ++round) {
        rig.key(KEY_A, round % 2 == 0);
        const std::string answer = json{{"return", json::object()}, {"id", ++id}}.dump() + "\r\n";
        static_cast<void>(
            ::send(rig.client.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
        rig.loop.dispatch(Nanoseconds{0});
    }
    CHECK_FALSE(rig.target->stats().connected);
    CHECK(rig.log.count("doesn't read") == 1);
}

TEST_CASE("one question about the mice is on its way at a time, however often the machine resets") {
    Rig rig;
    rig.connect();
    const uint64_t before = rig.target->stats().commands;
    for (int i = 0; i < 50; ++i) {
        rig.say("{\"event\":\"RESET\",\"timestamp\":{}}\r\n");
    }
    CHECK(rig.target->stats().commands - before == 1);
}

TEST_CASE("a monitor that refuses to agree is left") {
    Rig rig;
    rig.listen();
    rig.start();
    rig.turn();
    rig.accept();
    rig.greet();
    const auto commands = rig.commands();
    REQUIRE(commands.size() == 1);
    CHECK(commands[0]["execute"] == "qmp_capabilities");
    rig.say(json{{"error", {{"desc", "not today"}}}, {"id", commands[0]["id"]}}.dump() + "\n");
    CHECK(rig.log.count("not today") == 1);
    CHECK_FALSE(rig.target->keyboard().ready());
}

TEST_CASE("while the machine sleeps QEMU's devices come first, and a press wakes it") {
    Rig rig;
    rig.connect();
    CHECK(rig.target->keyboard().hearing() == Hearing::kDriver);
    rig.say("{\"event\":\"SUSPEND\"}\n");
    CHECK(rig.target->stats().suspended);
    CHECK(rig.target->keyboard().hearing() == Hearing::kWakes);
    CHECK(rig.target->mouse().hearing() == Hearing::kWakes);
    rig.key(KEY_A, true);
    CHECK(rig.events().size() == 1);
    SUBCASE("by itself") {
        rig.say("{\"event\":\"WAKEUP\"}\n");
        CHECK(rig.target->keyboard().hearing() == Hearing::kDriver);
        rig.clock.advance(1s);
        for (const json& command : rig.commands()) {
            CHECK(command["execute"] != "system_wakeup");
        }
    }
    SUBCASE("by QEMU, once") {
        rig.key(KEY_A, false);
        rig.key(KEY_B, true);
        CHECK(rig.events().size() == 2);
        rig.clock.advance(300ms);
        const auto commands = rig.commands();
        REQUIRE(commands.size() == 1);
        CHECK(commands[0]["execute"] == "system_wakeup");
        rig.say(json{{"error", {{"desc", "it can't"}}}, {"id", commands[0]["id"]}}.dump() + "\n");
        CHECK(rig.log.count("can't wake the guest: it can't") == 1);
        rig.clock.advance(1s);
        CHECK(rig.commands().empty());
    }
    SUBCASE("a release wakes nobody") {
        rig.clock.advance(300ms);
        CHECK(rig.commands().size() == 1);
        rig.key(KEY_A, false);
        rig.clock.advance(300ms);
        for (const json& command : rig.commands()) {
            CHECK(command["execute"] != "system_wakeup");
        }
    }
}

TEST_CASE("a machine that slept before the monitor was there is known to sleep") {
    Rig rig;
    rig.listen();
    rig.start();
    rig.turn();
    rig.accept();
    rig.greet();
    for (auto some = rig.commands(); !some.empty(); some = rig.commands()) {
        for (const json& command : some) {
            if (command["execute"] == "query-status") {
                rig.say(json{{"return", {{"status", "suspended"}, {"running", false}}},
                             {"id", command["id"]}}
                            .dump() +
                        "\n");
            } else {
                rig.answer(command);
            }
        }
    }
    CHECK(rig.target->keyboard().hearing() == Hearing::kWakes);
    rig.say("{\"event\":\"RESET\"}\n");
    CHECK(rig.target->keyboard().hearing() == Hearing::kDriver);
}

}  // namespace
}  // namespace oriel::input
