// SPDX-License-Identifier: MIT
// A session against a QEMU that behaves, and against others.
#include "qemu_dbus/display_session.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <pixman.h>
#include <sys/socket.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/memfd.h"
#include "input/router.h"
#include "net/local_socket.h"
#include "qemu_session.h"
#include "session_rig.h"
#include "support/temp_dir.h"

namespace oriel::qemu_dbus {
namespace {

using namespace std::chrono_literals;

void put(const test::QemuDouble& qemu, size_t before, const std::vector<std::string>& expected) {
    const std::vector<std::string> calls{qemu.calls.begin() + static_cast<ptrdiff_t>(before),
                                         qemu.calls.end()};
    CHECK(calls == expected);
}

TEST_CASE("a session finds a graphics console, offers all that it can take, and shows pictures") {
    Rig rig;
    rig.start_and_attach();
    CHECK(rig.session->vm_name() == "double");
    CHECK(rig.session->has_screen(0));
    CHECK_FALSE(rig.session->has_screen(1));
    CHECK(rig.qemu.interfaces(0) ==
          std::vector<std::string>{"org.qemu.Display1.Listener.Unix.Map",
                                   "org.qemu.Display1.Listener.Unix.ScanoutDMABUF2"});
    std::vector<uint32_t> pixels(size_t{1280} * 800, 0x203040);
    rig.qemu.scanout(0, {1280, 800}, 5120, kXrgb, std::as_bytes(std::span{pixels}));
    REQUIRE(rig.until([&] { return rig.display.attached(0) != nullptr; }));
    CHECK((rig.display.pixel(0, 1279, 799) & 0xffffff) == 0x203040);
    // Nobody is told of a mode: a running guest keeps its own.
    rig.run(200ms);
    CHECK(rig.qemu.calls.empty());
}

TEST_CASE("text consoles are no screens, and heads are in the order of their numbers") {
    Rig rig{3};
    rig.qemu.console(0).type = "Text";
    rig.qemu.ids = {2, 0, 1, 1, 77};
    rig.start();
    REQUIRE(rig.until([&] { return rig.attached == 1; }));
    CHECK(rig.session->has_screen(0));
    CHECK(rig.session->has_screen(1));
    CHECK_FALSE(rig.session->has_screen(2));
    REQUIRE(rig.until([&] { return rig.qemu.listens(1) && rig.qemu.listens(2); }));
    CHECK_FALSE(rig.qemu.listens(0));
    const std::vector<uint32_t> pixels(64, 5);
    rig.qemu.scanout(2, {8, 8}, 32, kXrgb, std::as_bytes(std::span{pixels}));
    REQUIRE(rig.until([&] { return rig.display.attached(1) != nullptr; }));
    // A second head is off until it is told of a monitor.
    CHECK(rig.qemu.count("SetUIInfo 2 1280x800") == 1);
}

TEST_CASE("a mode that a user asks for is told, and one that QEMU can't tell is not told twice") {
    Rig rig;
    rig.start_and_attach();
    ScreenInfo info = rig.display.screen(0);
    SUBCASE("the card tells its guest") {
        for (uint32_t width = 800; width < 900; ++width) {
            info.preferred = {width, 600};
            rig.screens.change(0, info);
        }
        REQUIRE(rig.until([&] { return !rig.qemu.calls.empty(); }));
        rig.run(200ms);
        put(rig.qemu, 0, {"SetUIInfo 0 899x600"});
        // The output's rate alone is no reason.
        info.refresh_mhz = 75'000;
        rig.screens.change(0, info);
        rig.run(200ms);
        CHECK(rig.qemu.calls.size() == 1);
        info.connected = false;
        rig.screens.change(0, info);
        REQUIRE(rig.until([&] { return rig.qemu.calls.size() == 2; }));
        CHECK(rig.qemu.calls.back() == "SetUIInfo 0 0x0");
    }
    SUBCASE("the card can't") {
        rig.qemu.console(0).takes_ui_info = false;
        for (uint32_t i = 0; i < 3; ++i) {
            info.preferred = {800 + i, 600};
            rig.screens.change(0, info);
            rig.run(200ms);
        }
        CHECK(rig.qemu.calls.size() == 1);
    }
}

TEST_CASE("keys have QEMU's numbers, and what is unknown to QEMU is not sent") {
    Rig rig;
    rig.start_and_attach();
    input::InputRouter router{rig.clock,
                              [&](ScanoutId s) { return rig.session->area(s); },
                              {.keyboards = {&rig.session->keyboard()}}};
    for (const uint32_t key : {uint32_t{KEY_A}, uint32_t{KEY_UP}, uint32_t{KEY_MICMUTE}}) {
        router.key(key, true);
        router.frame();
    }
    router.release_keys();
    REQUIRE(rig.until([&] { return rig.qemu.calls.size() >= 4; }));
    rig.run(20ms);
    put(rig.qemu, 0, {"Press 30", "Press 200", "Release 30", "Release 200"});
}

TEST_CASE("each px is told as it is, before what is clicked there; wheels press and release") {
    Rig rig;
    rig.qemu.console(0).width = 1918;
    rig.qemu.console(0).height = 1079;
    rig.start_and_attach();
    REQUIRE(rig.until([&] { return rig.session->pointer().ready(); }));
    CHECK_FALSE(rig.session->mouse().ready());
    input::InputRouter router{
        rig.clock,
        [&](ScanoutId s) { return rig.session->area(s); },
        {.pointers = {&rig.session->pointer()}, .mice = {&rig.session->mouse()}}};
    std::vector<std::string> expected;
    for (uint32_t x = 0; x < 1918; x += 137) {
        const uint32_t y = (x * 7) % 1079;
        router.pointer_at({0, static_cast<double>(x), static_cast<double>(y)});
        router.frame();
        expected.push_back("SetAbsPosition " + std::to_string(x) + " " + std::to_string(y));
    }
    // Beyond the edge is the edge.
    router.pointer_at({0, 5000.0, 5000.0});
    router.button(BTN_RIGHT, true);
    router.button(BTN_RIGHT, false);
    router.button(BTN_TASK, true);
    router.wheel({.vertical = 240, .horizontal = -120});
    router.frame();
    expected.insert(expected.end(), {"SetAbsPosition 1917 1078", "ButtonPress 2", "ButtonRelease 2",
                                     "ButtonPress 4", "ButtonRelease 4", "ButtonPress 4",
                                     "ButtonRelease 4", "ButtonPress 7", "ButtonRelease 7"});
    REQUIRE(rig.until([&] { return rig.qemu.calls.size() >= expected.size(); }));
    rig.run(20ms);
    put(rig.qemu, 0, expected);
}

TEST_CASE("a guest that takes a relative mouse gets motion") {
    Rig rig;
    rig.start_and_attach();
    rig.qemu.set_absolute(0, false);
    REQUIRE(rig.until([&] { return rig.session->mouse().ready(); }));
    input::InputRouter router{
        rig.clock,
        [&](ScanoutId s) { return rig.session->area(s); },
        {.pointers = {&rig.session->pointer()}, .mice = {&rig.session->mouse()}}};
    router.pointer_moved(5, -3);
    router.button(BTN_LEFT, true);
    router.frame();
    rig.qemu.set_absolute(0, true);
    REQUIRE(rig.until([&] { return rig.session->pointer().ready(); }));
    router.release_buttons();
    REQUIRE(rig.until([&] { return rig.qemu.calls.size() == 3; }));
    put(rig.qemu, 0, {"RelMotion 5 -3", "ButtonPress 0", "ButtonRelease 0"});
}

TEST_CASE("a QEMU that is stopped holds up nobody, and hears of releases when it goes on") {
    Rig rig;
    rig.start_and_attach();
    input::InputRouter router{
        rig.clock,
        [&](ScanoutId s) { return rig.session->area(s); },
        {.keyboards = {&rig.session->keyboard()}, .pointers = {&rig.session->pointer()}}};
    router.key(KEY_A, true);
    router.frame();
    rig.qemu.stop();
    const TimePoint begin = rig.clock.now();
    for (uint32_t i = 0; i < 20'000; ++i) {
        router.pointer_at({0, static_cast<double>(i % 640), 1.0});
        router.frame();
        if (i % 100 == 0) {
            rig.loop.dispatch(0ms);
        }
    }
    router.key(KEY_B, true);
    router.key(KEY_B, false);
    router.release_keys();
    CHECK(rig.clock.now() - begin < 5s);
    // A socket's worth, and no more than kCongested behind it.
    CHECK(rig.session->stats().input_dropped > 10'000);
    rig.qemu.go_on();
    REQUIRE(rig.until([&] { return rig.qemu.count("Release 30") == 1; }));
    CHECK(rig.qemu.count("Press 48") == rig.qemu.count("Release 48"));
}

TEST_CASE("shared memory is answered at once, with an error where it can't be shown") {
    Rig rig;
    rig.start_and_attach();
    const UniqueFd memory{create_memfd("test", 640 * 480 * 4, MemfdSeals::kNone).value()};
    rig.qemu.scanout_map(0, memory.get(), {640, 480}, 0, 2560, kXrgb);
    REQUIRE(rig.until([&] { return rig.qemu.replies == 1; }));
    CHECK(rig.qemu.errors == 0);
    rig.qemu.update_map(0, {0, 0, 640, 480});
    REQUIRE(rig.until([&] { return rig.display.count(Call::Kind::kFlush) == 1; }));
    const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    rig.qemu.scanout_map(0, null.get(), {640, 480}, 0, 2560, kXrgb);
    REQUIRE(rig.until([&] { return rig.qemu.replies == 2; }));
    CHECK(rig.qemu.errors == 1);
}

TEST_CASE("an update of a dma-buf is answered when it has been shown") {
    Rig rig;
    rig.start_and_attach();
    rig.display.hold_flushes(true);
    const UniqueFd memory{create_memfd("test", 64 * 64 * 4, MemfdSeals::kNone).value()};
    rig.qemu.scanout_dmabuf(0, memory.get(), {64, 64}, 256, DRM_FORMAT_XRGB8888, 0, true);
    rig.qemu.update_dmabuf(0, {0, 0, 64, 64});
    REQUIRE(rig.until([&] { return rig.display.held() == 1; }));
    rig.run(50ms);
    CHECK(rig.qemu.replies == 0);
    rig.display.answer();
    REQUIRE(rig.until([&] { return rig.qemu.replies == 1; }));
    // One that nothing shows is answered at once, and so is what a presenter drops.
    rig.qemu.update_dmabuf(0, {900, 0, 64, 64});
    REQUIRE(rig.until([&] { return rig.qemu.replies == 2; }));
    rig.qemu.update_dmabuf(0, {0, 0, 64, 64});
    REQUIRE(rig.until([&] { return rig.display.held() == 1; }));
    rig.display.drop_held();
    REQUIRE(rig.until([&] { return rig.qemu.replies == 3; }));
    CHECK(rig.qemu.errors == 0);
}

TEST_CASE("a QEMU that dies is told of once, and its screen goes dark") {
    Rig rig;
    rig.start_and_attach();
    const std::vector<uint32_t> pixels(64, 5);
    rig.qemu.scanout(0, {8, 8}, 32, kXrgb, std::as_bytes(std::span{pixels}));
    REQUIRE(rig.until([&] { return rig.display.attached(0) != nullptr; }));
    rig.display.hold_flushes(true);
    const UniqueFd memory{create_memfd("test", 64 * 64 * 4, MemfdSeals::kNone).value()};
    rig.qemu.scanout_dmabuf(0, memory.get(), {64, 64}, 256, DRM_FORMAT_XRGB8888, 0, false);
    rig.qemu.update_dmabuf(0, {0, 0, 64, 64});
    REQUIRE(rig.until([&] { return rig.display.held() == 1; }));
    rig.qemu.die();
    REQUIRE(rig.until([&] { return !rig.ends.empty(); }));
    CHECK(rig.ends == std::vector<std::string>{"it closed the connection"});
    CHECK_FALSE(rig.session->attached());
    CHECK_FALSE(rig.session->has_screen(0));
    CHECK(rig.display.attached(0) == nullptr);
    // The answer comes too late, and goes nowhere.
    rig.display.answer();
    CHECK_FALSE(rig.session->keyboard().ready());
    rig.run(50ms);
    CHECK(rig.ends.size() == 1);
}

TEST_CASE("a listener that QEMU forgets is followed by another one, a few times") {
    Rig rig;
    rig.start_and_attach();
    const auto shows = [&](uint32_t colour) {
        const std::vector<uint32_t> pixels(64, colour);
        rig.qemu.scanout(0, {8, 8}, 32, kXrgb, std::as_bytes(std::span{pixels}));
        return rig.until([&] {
            return rig.display.attached(0) != nullptr &&
                   (rig.display.pixel(0, 7, 7) & 0xffffff) == colour;
        });
    };
    REQUIRE(shows(1));
    for (uint32_t time = 2; time < 5; ++time) {
        rig.qemu.drop_listener(0);
        REQUIRE(rig.until([&] { return rig.qemu.listens(0); }));
        // Meanwhile the picture stays.
        CHECK((rig.display.pixel(0, 7, 7) & 0xffffff) == time - 1);
        REQUIRE(shows(time));
    }
    CHECK(rig.ends.empty());
    rig.qemu.drop_listener(0);
    REQUIRE(rig.until([&] { return !rig.ends.empty(); }));
    CHECK(rig.ends.size() == 1);
}

TEST_CASE("what QEMU says in another order or with other arguments ends nothing") {
    Rig rig;
    rig.start_and_attach();
    rig.qemu.update_map(0, {0, 0, 10, 10});
    rig.qemu.update_dmabuf(0, {0, 0, 10, 10});
    rig.qemu.call_raw(0, "Scanout", "uu", 7);
    rig.qemu.call_raw(0, "Disable", "", 0);
    rig.qemu.call_raw(0, "NoSuchMethod", "u", 1);
    std::vector<std::byte> few(16);
    for (int i = 0; i < 100; ++i) {
        rig.qemu.scanout(0, {UINT32_MAX, UINT32_MAX}, UINT32_MAX, kXrgb, few);
        rig.qemu.update(0, {0, 0, 640, 480}, 2560, kXrgb, few);
    }
    REQUIRE(rig.until([&] { return rig.session->stats().malformed >= 202; }));
    CHECK(rig.session->attached());
    CHECK(rig.log.lines.size() < 10);
    CHECK(rig.display.count(Call::Kind::kAttach) == 0);
}

TEST_CASE("QEMUs without a console, or without a graphics card, are told of") {
    Rig rig;
    SUBCASE("no console") {
        rig.qemu.ids.clear();
    }
    SUBCASE("text only") {
        rig.qemu.console(0).type = "Text";
    }
    SUBCASE("consoles that aren't there") {
        rig.qemu.ids = {100, 101, 102};
    }
    rig.start();
    REQUIRE(rig.until([&] { return rig.ends.size() == 1; }));
    CHECK(rig.attached == 0);
}

/// Has what a test gives it.
struct Provider final : public DisplayProvider {
    HandoverListener* listener = nullptr;
    int asked = 0;
    int shows = 0;
    void ask(HandoverListener& who) override {
        listener = &who;
        ++asked;
    }
    void forget() override { listener = nullptr; }
    void shown() override { ++shows; }
};

TEST_CASE(
    "a provider is asked for a way to QEMU, and again when that is lost, as late as it likes") {
    Provider provider;
    Rig rig;
    SessionOptions options;
    options.address.kind = DisplayAddress::Kind::kProvider;
    options.address.name = "domain a";
    options.address.provider = &provider;
    rig.session = make_session(rig.loop, rig.screens, rig, std::move(options));
    REQUIRE(rig.until([&] { return provider.asked == 1; }));
    rig.run(20ms);
    CHECK_FALSE(rig.session->attached());
    provider.listener->handed_over(rig.qemu.take_socket(), false);
    REQUIRE(rig.until([&] { return rig.attached == 1; }));
    CHECK(provider.shows == 1);
    CHECK(rig.session->process() == 0);
    rig.qemu.die();
    REQUIRE(rig.until([&] { return rig.ends.size() == 1; }));
    CHECK(provider.listener == nullptr);
    const TimePoint end = rig.clock.now() + 3s;
    while (provider.asked == 1 && rig.clock.now() < end) {
        rig.loop.dispatch(10ms);
    }
    CHECK(provider.asked == 2);
    provider.listener->not_handed_over("it does not run");
    rig.run(5ms);
    CHECK(provider.listener == nullptr);
    rig.session.reset();
}

TEST_CASE("a monitor that appears is asked at once") {
    const test::TempDir folder;
    Rig rig;
    SessionOptions options;
    options.address.path = folder.file("qmp");
    rig.session = make_session(rig.loop, rig.screens, rig, std::move(options));
    rig.run(50ms);
    const UniqueFd monitor = listen_local(folder.file("qmp")).value();
    const TimePoint appeared = rig.clock.now();
    UniqueFd viewer;
    while (!viewer && rig.clock.now() < appeared + 3s) {
        rig.loop.dispatch(5ms);
        viewer.reset(::accept4(monitor.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }
    REQUIRE(viewer);
    CHECK(rig.clock.now() - appeared < 500ms);
}

TEST_CASE("a peer that is no QEMU is told of") {
    Rig rig;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd peer{ends[1]};
    SessionOptions options;
    options.address.kind = DisplayAddress::Kind::kSocket;
    options.address.socket = UniqueFd{ends[0]};
    rig.session = make_session(rig.loop, rig.screens, rig, std::move(options));
    rig.run(20ms);
    REQUIRE(::send(peer.get(), "HELLO 1\r\n", 9, MSG_NOSIGNAL) == 9);
    REQUIRE(rig.until([&] { return rig.ends.size() == 1; }));
    CHECK(rig.ends[0] == "it speaks no D-Bus");
}

}  // namespace
}  // namespace oriel::qemu_dbus
