// SPDX-License-Identifier: MIT
// Compositors that go away, complain, hang or refuse.
#include <doctest/doctest.h>

#include <chrono>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

void draw_on(PresenterDesk& desk, GuestPicture& picture, uint32_t frames) {
    for (uint32_t i = 0; i < frames; ++i) {
        picture.scribble(picture.all(), i);
        desk.flush(picture.all());
        desk.loop.dispatch(0ms);
        desk.clock.advance(17ms);
        desk.loop.dispatch(0ms);
    }
}

}  // namespace

TEST_CASE("a compositor that disconnects in the middle of a frame is lost with one line") {
    for (const char* request :
         {"wl_surface.attach", "wl_surface.damage_buffer", "wl_surface.frame", "wl_shm.create_pool",
          "wl_surface.commit", "wl_shm_pool.create_buffer"}) {
        CAPTURE(request);
        PresenterDesk desk{{.fault = Fault{.request = request, .nth = 2}}};
        GuestPicture picture{kSize};
        desk.settle();
        desk.attach(picture);
        for (uint32_t i = 0; i < 200 && desk.events.lost.empty(); ++i) {
            draw_on(desk, picture, 1);
        }
        draw_on(desk, picture, 5);
        REQUIRE(desk.events.lost.size() == 1);
        CHECK(desk.events.lost[0] == "the compositor closed the connection");
        // Whatever the guest asked for has been answered, before and after.
        CHECK(desk.answered == desk.stats().flushed);
        CHECK_FALSE(desk.presenter->visible(0));
    }
}

TEST_CASE("everything may be asked of a presenter whose compositor is gone") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.pointer_enter(5, 5);
    desk.settle();
    desk.compositor.disconnect();
    desk.settle();
    REQUIRE(desk.events.lost.size() == 1);

    CursorImage image{{8, 8}, {}, std::vector<uint32_t>(64)};
    desk.presenter->set_cursor(0, std::make_shared<CursorImage>(image));
    desk.presenter->move_cursor(0, {5, 5});
    GuestPicture other{{640, 400}};
    desk.attach(other);
    desk.flush(other.all());
    desk.advance(17ms);
    CHECK(desk.answered == 2);
    desk.presenter->detach(0);
    desk.attach(picture);
    desk.flush(picture.all());
    CHECK(desk.presenter->screen(0).connected);
    desk.advance(1s);
    CHECK(desk.answered == 3);
    CHECK(desk.events.lost.size() == 1);
}

TEST_CASE("the presenter may be destroyed by whoever hears that the compositor is gone") {
    struct Quitter final : DisplayEvents {
        void screen_changed(ScanoutId) override {}
        void visibility_changed(ScanoutId) override {}
        void close_requested(ScanoutId) override {}
        void display_lost(const std::string&) override { presenter.reset(); }
        std::unique_ptr<Display> presenter;
    } quitter;
    ManualClock clock;
    EventLoop loop{clock};
    TestCompositor compositor;
    auto options = presenter_options();
    options.connected_fd = compositor.connect();
    quitter.presenter = wayland::make_presenter(loop, quitter, std::move(options));
    compositor.settle(loop);
    compositor.disconnect();
    compositor.settle(loop);
    CHECK(quitter.presenter == nullptr);
}

TEST_CASE("a protocol error is named: interface and code") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.kill("xdg_toplevel", 3);
    desk.settle();
    REQUIRE(desk.events.lost.size() == 1);
    CHECK(desk.events.lost[0].find("protocol error: xdg_toplevel") != std::string::npos);
    CHECK(desk.events.lost[0].find("error 3") != std::string::npos);
    CHECK(desk.events.lost[0].find('\n') == std::string::npos);
    desk.flush(picture.all());
    desk.advance(17ms);
    CHECK(desk.answered == 2);
}

TEST_CASE("a compositor that refuses buffers is lost with the reason, and no guest hangs") {
    PresenterDesk desk{{.deny_buffers = true}};
    GuestPicture picture{kSize};
    desk.settle();
    desk.attach(picture);
    draw_on(desk, picture, 5);
    desk.settle();
    REQUIRE(desk.events.lost.size() == 1);
    CHECK(desk.events.lost[0].find("wl_shm_pool") != std::string::npos);
    desk.advance(17ms);
    CHECK(desk.answered == 5);
}

TEST_CASE("a compositor that hangs doesn't block the loop, and shows the last picture later") {
    PresenterDesk desk{{.frames = Frames::kManual},
                       presenter_options(kSize, wayland::PathChoice::kShm, 4)};
    std::vector<GuestPicture> pictures;
    for (ScanoutId i = 0; i < 4; ++i) {
        pictures.emplace_back(kSize);
        desk.show(pictures.back(), i);
    }
    desk.compositor.pointer_enter(5, 5);
    desk.settle();
    desk.compositor.stall();
    const uint64_t answered = desk.answered;
    const auto start = std::chrono::steady_clock::now();
    for (uint32_t frame = 0; frame < 100; ++frame) {
        for (ScanoutId i = 0; i < 4; ++i) {
            pictures[i].scribble({0, 0, 64, 64}, frame);
            desk.flush({0, 0, 64, 64}, i);
        }
        CursorImage image{{8, 8}, {}, std::vector<uint32_t>(64, frame)};
        desk.presenter->set_cursor(0, std::make_shared<CursorImage>(image));
        desk.clock.advance(17ms);
        desk.loop.dispatch(0ms);
    }
    // Real time: a loop that waits for the compositor would wait for ever.
    CHECK(std::chrono::steady_clock::now() - start < 2s);
    CHECK(desk.answered - answered == 400);
    CHECK(desk.events.lost.empty());

    desk.compositor.resume();
    desk.settle();
    desk.next_frame();
    desk.next_frame();
    for (ScanoutId i = 0; i < 4; ++i) {
        CHECK_SAME_PICTURE(desk.state().picture(i), pictures[i].expected());
    }
}

TEST_CASE("a socket that is full is written when there is room again") {
    // The smallest socket takes a handful of messages, so each window sends one of its own.
    constexpr size_t kWindows = 16;
    PresenterDesk desk{{.frames = Frames::kManual, .socket_buffer_bytes = 1},
                       presenter_options(kSize, wayland::PathChoice::kShm, kWindows)};
    std::vector<GuestPicture> pictures;
    for (ScanoutId i = 0; i < kWindows; ++i) {
        pictures.emplace_back(kSize);
        desk.show(pictures.back(), i);
    }
    desk.next_frame();
    desk.compositor.stall();
    for (ScanoutId i = 0; i < kWindows; ++i) {
        pictures[i].scribble(pictures[i].all(), i);
        desk.flush(pictures[i].all(), i);
        desk.loop.dispatch(0ms);
    }
    CHECK(desk.answered == 2 * kWindows);
    CHECK_FALSE(desk.loop.dispatch(0ms));  // waits for room, and doesn't spin
    CHECK(desk.events.lost.empty());

    desk.compositor.resume();
    // Room wakes the loop, unless there was room before it slept: the compositor has nothing to
    // say.
    const bool woken = desk.loop.dispatch(2s);
    CHECK((woken || desk.state().frames(kWindows - 1) == 3));
    desk.settle();
    for (ScanoutId i = 0; i < kWindows; ++i) {
        CHECK_SAME_PICTURE(desk.state().picture(i), pictures[i].expected());
    }
}

}  // namespace oriel::test
