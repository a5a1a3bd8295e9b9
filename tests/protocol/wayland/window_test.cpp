// SPDX-License-Identifier: MIT
// Windows: configure, size, outputs, and compositors that lack things.
#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <iterator>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

/// A compositor with nothing but what there is no way around.
CompositorOptions bare() {
    return {.wl_compositor = 4,
            .wl_subcompositor = 0,
            .wl_seat = 0,
            .xdg_wm_base = 1,
            .wp_viewporter = 0,
            .wp_presentation = 0,
            .wp_single_pixel_buffer = 0,
            .xdg_decoration = 0,
            .outputs = {}};
}

std::string startup_error(const CompositorOptions& options) {
    TestCompositor compositor{options};
    ManualClock clock;
    EventLoop loop{clock};
    RecordedEvents events;
    wayland::PresenterOptions wanted = presenter_options();
    wanted.connected_fd = compositor.connect();
    const auto presenter = wayland::make_presenter(loop, events, std::move(wanted));
    compositor.settle(loop);
    return events.lost.size() == 1 ? events.lost[0] : "it started";
}

}  // namespace

TEST_CASE("nothing is attached before the compositor has configured the window") {
    PresenterDesk desk{{.auto_configure = false}};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().count("wl_surface.attach") == 0);
    desk.advance(17ms);
    CHECK(desk.answered == 1);  // all the same

    desk.compositor.configure({});
    desk.settle();
    CHECK(desk.state().shown() == picture.expected());
}

TEST_CASE("every configure is acknowledged, and the window has its size with the next commit") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    for (const Size size : {Size{640, 400}, Size{500, 500}, Size{320, 200}}) {
        desk.compositor.configure({.size = size, .flags = {WindowFlag::kResizing}});
        desk.settle();
        const State state = desk.state();
        CHECK(state.windows[0].configure_acked == state.windows[0].configure_sent);
        CHECK(state.shown().size == size);
    }
}

TEST_CASE("configures that pile up are all answered by the last size") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    for (uint32_t width = 400; width <= 500; width += 10) {
        desk.compositor.configure({.size = {width, 300}, .flags = {WindowFlag::kResizing}});
    }
    desk.settle();
    CHECK(desk.state().shown().size == Size{500, 300});
}

TEST_CASE("a floating window follows the guest's mode until the user resizes it") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    GuestPicture larger{{640, 480}};
    desk.show(picture);
    desk.show(larger);
    CHECK(desk.state().shown().size == Size{640, 480});
    desk.compositor.configure({.size = {500, 375}, .flags = {WindowFlag::kResizing}});
    desk.settle();
    desk.show(picture);
    CHECK(desk.state().shown().size == Size{500, 375});
}

TEST_CASE("a focus change leaves the window's size alone") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.configure({.size = kSize, .flags = {}});
    desk.settle();
    GuestPicture larger{{640, 480}};
    desk.show(larger);
    CHECK(desk.state().shown().size == Size{640, 480});
}

TEST_CASE("a maximised window gets its size back") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.configure({.size = {1920, 1080}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    CHECK(desk.state().shown().size == Size{1920, 1080});
    desk.compositor.configure({});
    desk.settle();
    CHECK(desk.state().shown().size == kSize);
}

TEST_CASE("closing the window asks, and the window stays until somebody decides") {
    PresenterDesk desk{{}, presenter_options(kSize, wayland::PathChoice::kShm, 2)};
    desk.settle();
    desk.compositor.close(1);
    desk.settle();
    CHECK(desk.events.closes == std::vector<ScanoutId>{1});
    CHECK(desk.state().windows[1].alive);
}

TEST_CASE("a ping is answered") {
    PresenterDesk desk;
    desk.compositor.ping();
    desk.settle();
    CHECK(desk.state().count("xdg_wm_base.pong") == 1);
}

TEST_CASE("windows have titles and an app id") {
    wayland::PresenterOptions options = presenter_options(kSize, wayland::PathChoice::kShm, 2);
    options.name = "panel";
    PresenterDesk desk{{}, std::move(options)};
    desk.settle();
    const State state = desk.state();
    CHECK(state.windows[0].title == "panel");
    CHECK(state.windows[1].title == "panel (2)");
    CHECK(state.windows[0].app_id == "oriel.panel");
}

TEST_CASE("the title has the guest's mode, and is only sent when that is another one") {
    PresenterDesk desk;
    const auto title = [&] { return desk.state().windows[0].title; };
    const auto sent = [&] { return desk.state().count("xdg_toplevel.set_title"); };
    GuestPicture text{{720, 400}};
    desk.show(text);
    CHECK(title() == "test \u2014 720x400");
    CHECK(sent() == 2);
    // Page flips.
    for (int i = 0; i < 3; ++i) {
        GuestPicture other{{720, 400}};
        desk.show(other);
        desk.next_frame();
    }
    CHECK(sent() == 2);
    desk.presenter->detach(0);
    desk.settle();
    CHECK(title() == "test");
}

TEST_CASE("a fullscreen window prefers its output's mode") {
    wayland::PresenterOptions options = presenter_options(kSize);
    options.fullscreen = true;
    PresenterDesk desk{{.outputs = {{.mode = {1600, 900}}}}, std::move(options)};
    desk.settle();
    CHECK(desk.state().windows[0].fullscreen_requested);
    CHECK(desk.presenter->screen(0).preferred == Size{1600, 900});
    GuestPicture picture{{1600, 900}};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().shown() == picture.expected());
}

TEST_CASE("a screen is what its output is: refresh rate and millimetres") {
    PresenterDesk desk{
        {.outputs = {{.mode = {1920, 1080}, .refresh_mhz = 74'973, .physical_mm = {480, 270}}}},
        presenter_options({960, 540})};
    desk.settle();
    const ScreenInfo screen = desk.presenter->screen(0);
    CHECK(screen.refresh_mhz == 74'973);
    CHECK(screen.physical_mm == Size{240, 135});
    CHECK(screen.preferred == Size{960, 540});
}

TEST_CASE("an output that stands on its side is a screen that stands on its side") {
    for (const int32_t transform : {1, 3, 5, 7}) {
        CAPTURE(transform);
        wayland::PresenterOptions options = presenter_options(kSize);
        options.fullscreen = true;
        OutputOptions output{
            .mode = {1920, 1080}, .physical_mm = {480, 270}, .transform = transform};
        PresenterDesk desk{{.outputs = {output}}, std::move(options)};
        desk.settle();
        CHECK(desk.presenter->screen(0).preferred == Size{1080, 1920});
        CHECK(desk.presenter->screen(0).physical_mm == Size{270, 480});
        // Upside down, or turned back by the user.
        output.transform = transform - 1;
        desk.compositor.change_output(output);
        desk.settle();
        CHECK(desk.presenter->screen(0).preferred == Size{1920, 1080});
        CHECK(desk.presenter->screen(0).physical_mm == Size{480, 270});
        CHECK(desk.events.screens_changed == std::vector<ScanoutId>{0});
    }
}

// Not in every build's protocol files.
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
TEST_CASE("the compositor's preferred scale is the window's, and its transform changes nothing") {
    PresenterDesk desk{{.wl_compositor = 6,
                        .outputs = {{.scale = 2, .transform = WL_OUTPUT_TRANSFORM_90}},
                        .preferred_buffers = true}};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().bound["wl_compositor"] == 6);
    CHECK(desk.state().shown().size == Size{160, 100});
    // Not turned, and not said to be: the compositor does that.
    CHECK(*desk.state().picture() == picture.expected());
    CHECK(desk.state().content()->transform == WL_OUTPUT_TRANSFORM_NORMAL);
}
#endif

TEST_CASE("a window that moves to another output tells the new refresh rate") {
    PresenterDesk desk{
        {.outputs = {{.name = "A", .refresh_mhz = 60'000}, {.name = "B", .refresh_mhz = 144'000}}}};
    GuestPicture picture{kSize};
    desk.show(picture);
    CHECK(desk.presenter->screen(0).refresh_mhz == 60'000);
    desk.compositor.move_to_output("B");
    desk.settle();
    CHECK(desk.presenter->screen(0).refresh_mhz == 144'000);
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{0});

    desk.compositor.remove_output("B");
    desk.settle();
    CHECK(desk.presenter->screen(0).refresh_mhz == 60'000);
    desk.compositor.change_output({.name = "A", .refresh_mhz = 50'000});
    desk.settle();
    CHECK(desk.presenter->screen(0).refresh_mhz == 50'000);
    CHECK(desk.events.screens_changed.size() == 3);
}

TEST_CASE("the last output may go and another one come") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.remove_output("TEST-1");
    desk.settle();
    desk.flush(picture.all());
    desk.settle();
    CHECK(desk.answered == 2);
    desk.compositor.add_output({.name = "TEST-2", .refresh_mhz = 75'000});
    desk.compositor.move_to_output("TEST-2");
    desk.settle();
    CHECK(desk.presenter->screen(0).refresh_mhz == 75'000);
}

TEST_CASE("an output of scale 2 shows the guest's pixels one to one") {
    PresenterDesk desk{{.outputs = {{.scale = 2}}}};
    GuestPicture picture{kSize};
    desk.show(picture);
    CHECK(desk.state().shown().size == Size{160, 100});
    CHECK(desk.state().picture()->size == kSize);
}

TEST_CASE("a compositor without seat, presentation, viewporter and outputs shows the picture") {
    PresenterDesk desk{bare()};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().shown() == picture.expected());
    desk.flush(picture.all());
    desk.settle();
    CHECK(desk.answered == 2);
    CHECK(desk.stats().presented == 2);  // by the frame callback
    CHECK(desk.presenter->screen(0).refresh_mhz == 60'000);
    desk.presenter->detach(0);
    desk.settle();
    CHECK(desk.state().shown() == GuestPicture{kSize}.expected());
}

TEST_CASE("a compositor that lacks what there is no way around is named in one line") {
    CHECK(startup_error({.xdg_wm_base = 0}).find("xdg_wm_base") != std::string::npos);
    CHECK(startup_error({.wl_shm = 0}).find("wl_shm") != std::string::npos);
    const std::string old = startup_error({.wl_compositor = 3});
    CHECK(old.find("wl_compositor 4 is needed, it has version 3") != std::string::npos);
    CHECK(old.find('\n') == std::string::npos);
}

TEST_CASE("the globals that are bound are logged once, with their versions") {
    const LogLines log;
    PresenterDesk desk{{.wl_compositor = 4, .wl_seat = 5, .wp_presentation = 0}};
    GuestPicture picture{kSize};
    desk.show(picture);
    CHECK(log.count("bound ") == 1);
    CHECK(log.count("wl_compositor 4, wl_shm 1") == 1);
    CHECK(log.count("wl_seat 5") == 1);
    CHECK(log.count("wp_presentation is missing") == 1);
}

TEST_CASE("presentation times are taken by the clock that the compositor names") {
    for (const clockid_t clock_id : {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_MONOTONIC_RAW}) {
        CAPTURE(clock_id);
        // The real clock, since that is what the compositor's stamps are made of.
        SystemClock clock;
        EventLoop loop{clock};
        RecordedEvents events;
        TestCompositor compositor{{.presentation_clock = clock_id}};
        wayland::PresenterOptions options = presenter_options();
        options.connected_fd = compositor.connect();
        const auto made = wayland::make_presenter(loop, events, std::move(options));
        Display& presenter = *made;
        wait_until_ready(loop, events);
        compositor.settle(loop);
        GuestPicture picture{kSize};
        presenter.attach(0, picture.framebuffer(), picture.all());
        presenter.flush(0, Region{picture.all()}, {});
        const LatencyHistogram& to_glass = presenter.stats(0).flush_to_presented;
        compositor.wait_for([&](const State&) { return to_glass.count() == 1; }, loop,
                            "the picture is presented");
        CHECK(presenter.stats(0).presented == 1);
        const Nanoseconds latency = to_glass.percentile(0.5);
        CHECK(latency > 0ns);
        CHECK(latency < 5s);
    }
}

TEST_CASE("a presentation time that can't be true counts as now") {
    for (const uint64_t ahead : {uint64_t{3600}, uint64_t{0} - 3600, uint64_t{5'000'000'000},
                                 uint64_t{2'681'700'358'257'901'568}, UINT64_MAX / 2}) {
        CAPTURE(ahead);
        PresenterDesk desk{{.presentation_ahead = ahead}};
        GuestPicture picture{kSize};
        desk.show(picture);
        desk.next_frame();
        REQUIRE(desk.stats().presented >= 1);
        CHECK(desk.stats().flush_to_presented.percentile(1) < 10s);
    }
}

TEST_CASE("a compositor that discards all feedback is no problem") {
    PresenterDesk desk{{.frames = Frames::kManual, .releases = Releases::kImmediate}};
    GuestPicture picture{kSize};
    desk.show(picture);
    // Without a latch between, the earlier feedbacks are discarded.
    for (uint32_t i = 0; i < 5; ++i) {
        GuestPicture next{{320 + i, 200}};
        desk.show(next);
        desk.compositor.configure({.size = {640 + i, 400}, .flags = {WindowFlag::kMaximized}});
        desk.settle();
    }
    desk.next_frame();
    CHECK(desk.stats().presented >= 1);
}

TEST_CASE("a presenter that goes leaves no file descriptor behind") {
    TestCompositor compositor;
    ManualClock clock;
    EventLoop loop{clock};
    RecordedEvents events;
    const auto descriptors = [] {
        const std::filesystem::directory_iterator all{"/proc/self/fd"};
        return std::distance(begin(all), end(all));
    };
    const auto before = descriptors();
    {
        auto options = presenter_options();
        options.connected_fd = compositor.connect();
        const auto made = wayland::make_presenter(loop, events, std::move(options));
        Display& presenter = *made;
        wait_until_ready(loop, events);
        compositor.settle(loop);
        GuestPicture picture{kSize};
        presenter.attach(0, picture.framebuffer(), picture.all());
        presenter.flush(0, Region{picture.all()}, {});
        compositor.settle(loop);
        CHECK(descriptors() > before);
    }
    compositor.wait_for([](const State& s) { return s.clients == 0; }, loop, "the client is gone");
    CHECK(descriptors() == before);
}

}  // namespace oriel::test
