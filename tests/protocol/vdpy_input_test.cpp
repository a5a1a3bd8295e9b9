// SPDX-License-Identifier: MIT
// What users do in the windows of liboriel-vdpy, on its way to the guest: vhost-user sockets with a
// VMM and a driver behind them, and a monitor.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "input/protocol.h"
#include "support/compositor/seat.h"
#include "support/compositor/server.h"
#include "support/log_lines.h"
#include "support/vhost_front_end.h"
#include "vdpy_desk.h"

namespace oriel::test::vdpy {
namespace {

using namespace std::chrono_literals;
using input::wire::Event;
using nlohmann::json;

/// The VMM and the guest's driver of one input device; the device is on the display thread.
struct InputGuest {
    explicit InputGuest(const std::string& path)
        : vmm{no_loop, path, ram, VhostFrontEnd::Style::kQemu11} {
        vmm.realize();
        vmm.start();
        for (int i = 0; i < 32; ++i) {
            const DriverQueue::Buffer room{ram.allocate(sizeof(Event)), sizeof(Event)};
            rooms[vmm.queue(0).add({}, std::span{&room, 1}, DriverQueue::Table::kDirect)] =
                room.address;
        }
        vmm.kick(0);
    }
    /// The next events, up to a SYN_REPORT; nothing more after 5 s.
    std::vector<Event> frame() {
        std::vector<Event> events;
        vmm.run_until([&] {
            while (const auto used = vmm.queue(0).take_used()) {
                events.push_back(ram.load<Event>(rooms.at(static_cast<uint16_t>(used->head))));
            }
            return !events.empty() && events.back().type == EV_SYN;
        });
        return events;
    }

    SystemClock clock;
    EventLoop no_loop{clock};
    GuestRam ram{size_t{4} << 20};
    VhostFrontEnd vmm;
    std::map<uint16_t, uint64_t> rooms;  ///< by head
};

/// What a monitor hears: takes one client, and answers each command.
class Monitor {
public:
    explicit Monitor(const std::string& path) : listener_{listen_local(path).value()} {}

    /// The events of the next input-send-event; nothing after 5 s.
    json events() {
        for (;;) {
            const json command = next();
            if (command.is_null()) {
                return {};
            }
            say({{"return", command["execute"] == "query-mice" ? json::array() : json::object()},
                 {"id", command["id"]}});
            if (command["execute"] == "input-send-event") {
                return command["arguments"]["events"];
            }
        }
    }
    /// The client has come, and has been told that input is taken.
    void agree() {
        REQUIRE(readable(listener_.get()));
        client_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        say({{"QMP", {{"version", json::object()}, {"capabilities", json::array()}}}});
        for (std::string name; name != "query-mice";) {
            const json command = next();
            REQUIRE_FALSE(command.is_null());
            name = command["execute"];
            say({{"return", name == "query-mice" ? json::array() : json::object()},
                 {"id", command["id"]}});
        }
    }

private:
    static bool readable(int fd) {
        pollfd poll{fd, POLLIN, 0};
        return ::poll(&poll, 1, 5'000) == 1;
    }
    void say(const json& what) {
        const std::string line = what.dump() + "\r\n";
        REQUIRE(::send(client_.get(), line.data(), line.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(line.size()));
    }
    json next() {
        size_t end = std::string::npos;
        while ((end = received_.find('\n')) == std::string::npos) {
            std::array<char, 4096> buffer;
            const ssize_t length = readable(client_.get())
                                       ? ::recv(client_.get(), buffer.data(), buffer.size(), 0)
                                       : 0;
            if (length <= 0) {
                return {};
            }
            received_.append(buffer.data(), static_cast<size_t>(length));
        }
        json found = json::parse(received_.substr(0, end));
        received_.erase(0, end + 1);
        return found;
    }

    UniqueFd listener_;
    UniqueFd client_;
    std::string received_;
};

/// What the user does, in the newest window.
void user(Place& place, const std::function<void(SeatGlobal&, Surface&)>& act) {
    const size_t window = place.state().windows.size() - 1;
    place.compositor().with(
        [&](Server& server) { act(*server.seat, server.input_surface(window)); });
}

void press(Place& place, uint32_t key) {
    user(place, [key](SeatGlobal& seat, Surface& surface) {
        seat.keyboard_enter(surface);
        seat.key(key, true);
    });
}

const std::vector<Event> kPressA{{EV_KEY, KEY_A, 1}, {EV_SYN, 0, 0}};

bool exists(const std::string& path) {
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("what users do in the window is in the rings of input devices behind vhost-user") {
    const TempDir folder;
    const std::string path = folder.file("in");
    {
        Desk desk{{}, "input=" + path};
        desk.set(0xff10'2030);
        desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
        InputGuest keyboard{path + ".kbd"};
        InputGuest pointer{path + ".ptr"};
        desk.settle();
        press(desk, KEY_A);
        CHECK(keyboard.frame() == kPressA);
        CHECK(keyboard.vmm.take_calls(0) > 0);
        user(desk, [](SeatGlobal& seat, Surface& surface) { seat.enter(surface, 160, 100); });
        CHECK(pointer.frame() ==
              std::vector<Event>{{EV_ABS, ABS_X, 16384}, {EV_ABS, ABS_Y, 16384}, {EV_SYN, 0, 0}});
        CHECK(exists(path + ".mouse"));
        CHECK(exists(path + ".touch"));
    }
    for (const char* suffix : {".kbd", ".ptr", ".mouse", ".touch"}) {
        CHECK_FALSE(exists(path + suffix));
    }
}

TEST_CASE("a guest hears a key while its update waits for the screen") {
    const TempDir folder;
    // Nothing is latched, and a period is long.
    CompositorOptions slow{.frames = Frames::kManual};
    slow.outputs[0].refresh_mhz = 1'000;
    Desk desk{slow, "input=" + folder.file("in")};
    desk.set(0xff10'2030);
    InputGuest keyboard{folder.file("in.kbd")};
    desk.settle();
    std::atomic<bool> waits = false;
    Nanoseconds took{};
    std::thread guest{[&] {
        std::ranges::fill(desk.pixels, 0xff30'2010);
        took = desk.run([&] {
            surface now = desk.memory();
            waits = true;  // and the display thread is in no turn of its loop but the update's
            vdpy_surface_update(desk.handle, 0, &now);
        });
    }};
    while (!waits) {
        std::this_thread::yield();
    }
    press(desk, KEY_A);
    const auto began = std::chrono::steady_clock::now();
    CHECK(keyboard.frame() == kPressA);
    CHECK(std::chrono::steady_clock::now() - began < 500ms);
    guest.join();
    CHECK(took > 900ms);
}

TEST_CASE("a monitor is told what users do where no driver takes it") {
    const TempDir folder;
    Monitor monitor{folder.file("qmp")};
    Desk desk{{}, "qmp=" + folder.file("qmp")};
    monitor.agree();
    desk.settle();
    press(desk, KEY_A);
    const json events = monitor.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0]["type"] == "key");
    CHECK(events[0]["data"]["down"] == true);
    CHECK(events[0]["data"]["key"]["data"] == "a");
}

TEST_CASE(
    "a guest's keyboard stays when the compositor goes, and hears of the next window's keys") {
    const TempDir folder;
    Desk desk{{}, "input=" + folder.file("in")};
    InputGuest keyboard{folder.file("in.kbd")};
    desk.settle();
    press(desk, KEY_LEFTCTRL);
    CHECK(keyboard.frame().front() == Event{EV_KEY, KEY_LEFTCTRL, 1});
    desk.compositor().disconnect();
    // It is nobody's any more.
    CHECK(keyboard.frame().front() == Event{EV_KEY, KEY_LEFTCTRL, 0});
    desk.wait_for([](const State& s) { return s.surface(1) != nullptr; }, "the next window");
    desk.settle();
    press(desk, KEY_A);
    CHECK(keyboard.frame() == kPressA);
}

TEST_CASE("a window asks for the desktop's shortcuts only where somebody hears of its keys") {
    const TempDir folder;
    const auto asked_for = [](const std::string& options) {
        Desk desk{{.shortcuts_inhibit = 1}, options};
        desk.set(0xff10'2030);
        desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
        user(desk, [](SeatGlobal& seat, Surface& surface) {
            seat.keyboard_enter(surface);
            seat.enter(surface, 160, 100);
            seat.button(BTN_LEFT, true);
        });
        desk.settle();
        return desk.state().shortcuts_inhibited.size();
    };
    CHECK(asked_for("pace=none") == 0);
    CHECK(asked_for("qmp=" + folder.file("qmp")) == 1);
}

TEST_CASE("sockets that can't be made are one line, and there is no display") {
    const Place place;
    const LogLines log;
    set_log_level(LogLevel::kError);
    REQUIRE(vdpy_parse_cmd_option("geometry=320x200+0+0,input=/nowhere/at/all") == 0);
    CHECK(gfx_ui_init() == -1);
    CHECK(log.lines.size() == 1);
    CHECK(log.count("/nowhere/at/all.kbd") == 1);
    CHECK(vdpy_init(nullptr) == 0);
    REQUIRE(vdpy_parse_cmd_option("geometry=320x200+0+0") == 0);
    CHECK(gfx_ui_init() == 0);
    gfx_ui_deinit();
}

}  // namespace oriel::test::vdpy
