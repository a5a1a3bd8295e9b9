// SPDX-License-Identifier: MIT
// Guests and compositors that ask for more than anybody can see: what is sent stays within bounds,
// and the newest is what shows in the end.
#include <doctest/doctest.h>
#include <wayland-server-protocol.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "input_desk.h"
#include "support/compositor/output.h"
#include "support/compositor/surface.h"
#include "support/compositor/xdg_shell.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

std::shared_ptr<const CursorImage> cursor(uint32_t colour) {
    return std::make_shared<CursorImage>(
        CursorImage{{8, 8}, {}, std::vector<uint32_t>(64, colour)});
}

/// Two modes in turn, each with a title of its own.
void change_mode(PresenterDesk& desk, const GuestPicture& a, const GuestPicture& b, uint32_t i) {
    const GuestPicture& picture = i % 2 == 0 ? a : b;
    desk.attach(picture);
    desk.flush(picture.all());
}

/// Sends the event to the window's surface.
void to_surface(PresenterDesk& desk, const std::function<void(Server&, Surface&)>& send) {
    desk.compositor.with([&send](Server& server) { send(server, server.input_surface(0)); });
    desk.settle();
}

}  // namespace

TEST_CASE("a guest that changes its mode without end makes few titles, and the last one shows") {
    PresenterDesk desk;
    const GuestPicture a{kSize};
    const GuestPicture b{{640, 480}};
    desk.show(a);
    const uint64_t before = desk.state().count("xdg_toplevel.set_title");
    for (uint32_t i = 0; i < 1000; ++i) {
        change_mode(desk, a, b, i);
        desk.loop.dispatch(0ms);
    }
    desk.settle();
    CHECK(desk.state().count("xdg_toplevel.set_title") - before <= 8);
    desk.advance(1s);
    CHECK(desk.state().windows[0].title == "test \u2014 640x480");
}

TEST_CASE("of many configures at once only the last one is answered") {
    PresenterDesk desk;
    const GuestPicture picture{kSize};
    desk.show(picture);
    const uint64_t acks = desk.state().count("xdg_surface.ack_configure");
    const uint64_t commits = desk.state().count("wl_surface.commit");
    desk.compositor.stall();
    for (uint32_t i = 0; i < 100; ++i) {
        desk.compositor.configure({.size = {400 + i, 300}, .flags = {WindowFlag::kMaximized}});
    }
    desk.compositor.resume();
    desk.settle();
    const State state = desk.state();
    CHECK(state.count("xdg_surface.ack_configure") - acks <= 3);
    CHECK(state.count("wl_surface.commit") - commits <= 8);
    CHECK(state.windows[0].configure_acked == state.windows[0].configure_sent);
    CHECK(state.surface()->size == Size{499, 300});
}

TEST_CASE("a storm of configures is answered at a pace, and in the end") {
    PresenterDesk desk;
    const GuestPicture picture{kSize};
    desk.show(picture);
    const uint64_t acks = desk.state().count("xdg_surface.ack_configure");
    for (uint32_t i = 0; i < 200; ++i) {
        desk.compositor.configure({.size = {400 + i, 300}, .flags = {WindowFlag::kMaximized}});
        desk.settle();
    }
    CHECK(desk.state().count("xdg_surface.ack_configure") - acks <= 20);
    desk.advance(100ms);
    CHECK(desk.state().surface()->size == Size{599, 300});
}

TEST_CASE("pings without end are answered at a pace, and the newest in the end") {
    PresenterDesk desk;
    for (int turn = 0; turn < 20; ++turn) {
        desk.compositor.with([](Server& server) {
            for (int i = 0; i < 100; ++i) {
                ping_clients(server);
            }
        });
        desk.settle();
    }
    CHECK(desk.state().count("xdg_wm_base.pong") <= 8);
    desk.advance(100ms);
    const State state = desk.state();
    CHECK(state.count("xdg_wm_base.pong") <= 10);
    CHECK(state.last_pong == state.last_ping);
}

TEST_CASE("a guest that does everything at once outlives a compositor that stops reading") {
    const GuestPicture a{kSize};
    const GuestPicture b{{640, 480}};
    // At each point of a session: before the first picture, with one, with the pointer on it.
    for (int point = 0; point < 3; ++point) {
        CAPTURE(point);
        PresenterDesk desk{{.frames = Frames::kManual, .socket_buffer_bytes = 1}};
        if (point > 0) {
            desk.show(a);
            desk.next_frame();
        }
        if (point > 1) {
            desk.compositor.pointer_enter(10, 10);
            desk.settle();
        }
        desk.compositor.stall();
        for (uint32_t i = 0; i < 3000; ++i) {
            change_mode(desk, a, b, i);
            desk.presenter->set_cursor(0, cursor(i));
            desk.presenter->move_cursor(0, {static_cast<int32_t>(i % 100), 5});
            desk.clock.advance(20ms);
            desk.loop.dispatch(0ms);
        }
        CHECK(desk.events.lost.empty());
        desk.compositor.resume();
        for (int i = 0; i < 10; ++i) {
            desk.advance(1s);
            desk.next_frame();
        }
        CHECK(desk.events.lost.empty());
        CHECK(desk.state().windows[0].title == "test \u2014 640x480");
        CHECK(desk.answered == desk.stats().flushed);
    }
}

TEST_CASE("scales that can't be are limited") {
    CompositorOptions options;
    options.fractional_scale = 1;
    for (const uint32_t n120 : {1U, 120U << 23U, UINT32_MAX, 0U}) {
        CAPTURE(n120);
        options.scale_n120 = n120;
        PresenterDesk desk{options};
        const GuestPicture picture{kSize};
        desk.show(picture);
        CHECK(desk.events.lost.empty());
        CHECK(desk.state().surface()->size.width <= 4 * kSize.width);
        CHECK(desk.state().surface()->size.width >= kSize.width / 16);
    }
    for (const int32_t scale : {0, -1, 1 << 29, INT32_MAX}) {
        CAPTURE(scale);
        PresenterDesk desk{{.outputs = {{.scale = scale}}}};
        const GuestPicture picture{kSize};
        desk.show(picture);
        CHECK(desk.events.lost.empty());
        CHECK(desk.state().surface()->size.width >= kSize.width / 16);
    }
}

TEST_CASE("outputs that can't be are limited") {
    for (const Size mode : {Size{0, 0}, Size{INT32_MAX, INT32_MAX}, Size{1, INT32_MAX}}) {
        for (const uint32_t refresh : {0U, 1U, 2'147'483'647U}) {
            CAPTURE(mode.width);
            CAPTURE(refresh);
            wayland::PresenterOptions wanted = presenter_options(kSize);
            wanted.fullscreen = true;
            PresenterDesk desk{{.outputs = {{.mode = mode,
                                             .refresh_mhz = refresh,
                                             .physical_mm = {INT32_MAX, INT32_MAX},
                                             .position = {INT32_MIN, INT32_MAX}}}},
                               std::move(wanted)};
            desk.settle();
            const ScreenInfo info = desk.presenter->screen(0);
            CHECK(info.preferred.width <= 32768);
            CHECK(info.refresh_mhz >= 1'000);
            CHECK(info.refresh_mhz <= 1'000'000);
            CHECK(desk.events.lost.empty());
        }
    }
}

TEST_CASE("a window that is configured to be endless is as large as can be") {
    PresenterDesk desk{{.wp_single_pixel_buffer = 0}};
    const GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.configure({.size = {INT32_MAX, INT32_MAX}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    CHECK(desk.events.lost.empty());
    CHECK(desk.state().surface()->size.width <= 16384);
    CHECK(desk.state().surface()->size.height <= 16384);
}

TEST_CASE("without viewports a window that is configured to be endless has at most the px of 8K") {
    PresenterDesk desk{{.wp_viewporter = 0}};
    const GuestPicture picture{kSize};
    desk.show(picture);
    // One side at a time: the double reads all pixels.
    for (const Size size : {Size{INT32_MAX, 100}, Size{100, INT32_MAX}}) {
        desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
        desk.settle();
        CHECK(desk.events.lost.empty());
        CHECK(desk.state().surface()->size ==
              Size{std::min(size.width, 8192U), std::min(size.height, 8192U)});
    }
}

TEST_CASE("a cursor that a guest puts far outside does no harm") {
    InputDesk desk;
    desk.input.positions = false;
    desk.desk.presenter->set_cursor(0, cursor(1));
    desk.point(10, 10);
    desk.click(0x110);
    REQUIRE(desk.locked());
    for (const Point at : {Point{INT32_MAX, INT32_MIN}, Point{INT32_MIN, INT32_MAX}, Point{1, 1}}) {
        desk.desk.presenter->move_cursor(0, at);
        desk.desk.advance(20ms);
        desk.desk.next_frame();
        for (const auto& [id, surface] : desk.state().surfaces) {
            CHECK(std::abs(surface.position.x) <= 1 << 21);
            CHECK(std::abs(surface.position.y) <= 1 << 21);
        }
    }
    CHECK(desk.desk.events.lost.empty());
}

TEST_CASE("an output that has gone is not taken for one that comes") {
    PresenterDesk desk{
        {.outputs = {{.name = "A", .refresh_mhz = 60'000}, {.name = "B", .refresh_mhz = 50'000}}}};
    const GuestPicture picture{kSize};
    desk.show(picture);
    // The object of the next output may lie where that of B was.
    for (uint32_t i = 0; i < 20; ++i) {
        desk.compositor.move_to_output("B");
        desk.settle();
        CHECK(desk.presenter->screen(0).refresh_mhz == 50'000);
        // It goes without telling the surface first that it isn't there any more.
        to_surface(desk, [](Server&, Surface& surface) { surface.state().outputs.clear(); });
        desk.compositor.remove_output("B");
        desk.settle();
        CHECK(desk.presenter->screen(0).refresh_mhz == 60'000);
        desk.compositor.add_output({.name = "B", .refresh_mhz = 50'000});
        desk.settle();
        CHECK(desk.presenter->screen(0).refresh_mhz == 60'000);
    }
}

TEST_CASE("a surface that is told without end where it is remembers each output once") {
    PresenterDesk desk{
        {.outputs = {{.name = "A", .refresh_mhz = 60'000}, {.name = "B", .refresh_mhz = 50'000}}}};
    const GuestPicture picture{kSize};
    desk.show(picture);
    to_surface(desk, [](Server& server, Surface& surface) {
        server.outputs.back()->enter(surface);
        for (int i = 0; i < 100; ++i) {
            surface.state().outputs.clear();
            server.outputs.front()->enter(surface);
        }
        server.outputs.front()->leave(surface);
    });
    // It is on the other one still, which a hundred places for one output would have driven out.
    CHECK(desk.presenter->screen(0).refresh_mhz == 50'000);
}

TEST_CASE("codes that no key and no button has are ignored") {
    InputDesk desk;
    desk.focus();
    desk.point(10, 10);
    static_cast<void>(desk.take());
    for (uint32_t code = 0x300; code < 0x400; ++code) {
        desk.press(code);
        desk.button(code, true);
    }
    desk.press(UINT32_MAX);
    CHECK(desk.take() == Lines{});
}

TEST_CASE("outputs and seats without end are taken up to a limit") {
    PresenterDesk desk;
    for (int i = 0; i < 200; ++i) {
        desk.compositor.add_output({.name = "N" + std::to_string(i)});
    }
    desk.settle();
    const auto live = desk.compositor.live_objects();
    CHECK(std::count_if(live.begin(), live.end(), [](const std::string& name) {
              return name.starts_with("wl_output");
          }) <= 64);
}

}  // namespace oriel::test
