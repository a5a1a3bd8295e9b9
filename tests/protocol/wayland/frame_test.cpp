// SPDX-License-Identifier: MIT
// Frames that this program draws, with the distribution's libdecor and its cairo plugin. Skipped
// where they are not installed.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "connection/connection.h"
#include "connection/globals.h"
#include "input_desk.h"
#include "shell/decorations.h"
#include "shell/shell_xdg.h"
#include "support/skip.h"

namespace oriel::test {
namespace {

constexpr Size kSize{320, 200};

CompositorOptions no_decorations(CompositorOptions options = {}) {
    options.xdg_decoration = 0;
    // The plugin's buffers are its own affair.
    options.strict_buffers = false;
    return options;
}

/// As the program has it: dlopen().
wayland::PresenterOptions with_libdecor() {
    wayland::PresenterOptions options = presenter_options(kSize);
    options.open_libdecor = {};
    return options;
}

/// Hears nothing that matters.
struct Bystander final : wayland::ConnectionListener, wayland::GlobalsListener {
    void connection_lost(const std::string&) override {}
    void output_added(uint32_t, wayland::Proxy<wl_output>) override {}
    void seat_added(uint32_t, wayland::Proxy<wl_seat>) override {}
    void global_removed(uint32_t) override {}
};

/// Commits when it is configured.
struct PlainWindow final : wayland::ToplevelListener {
    explicit PlainWindow(wl_surface* shown_on) : surface{shown_on} {}
    void configured(const wayland::ToplevelState&) override {
        ++configures;
        toplevel->prepare_commit(kSize);
        wl_surface_commit(surface);
    }
    void close_asked() override {}

    wl_surface* surface;
    int configures = 0;
    std::optional<wayland::Toplevel> toplevel;
};

bool plugin_works() {
    static const bool works = [] {
        PresenterDesk desk{no_decorations(), with_libdecor()};
        desk.show(GuestPicture{kSize});
        if (desk.state().windows.at(0).frame_size.empty()) {
            skip("libdecor, or its plugin, is not installed");
            return false;
        }
        return true;
    }();
    return works;
}

/// The frame is around the content, and the content is whole.
void check_framed(const State& state, const GuestPicture& picture, Size content) {
    const WindowState& window = state.windows.at(0);
    CHECK(window.frame_at.y < 0);
    CHECK(window.frame_size.width >= content.width);
    CHECK(window.frame_size.height > content.height);
    CHECK(state.surface()->size == content);
    CHECK_SAME_PICTURE(state.surface()->picture, picture.expected());
}

/// Logical px, of the whole window.
Size window_size(const State& state) {
    return state.windows.at(0).frame_size;
}

}  // namespace

TEST_CASE("a compositor without decorations shows the picture in a frame") {
    if (!plugin_works()) {
        return;
    }
    LogLines log;
    PresenterDesk desk{no_decorations(), with_libdecor()};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    check_framed(desk.state(), picture, kSize);
    CHECK(desk.state().windows.at(0).title.starts_with("test"));
    CHECK(desk.state().windows.at(0).app_id == "oriel.test");
    CHECK(log.count("windows have no frame") == 0);
}

TEST_CASE("a size that the user chooses is the frame's and the content's together") {
    if (!plugin_works()) {
        return;
    }
    PresenterDesk desk{no_decorations(), with_libdecor()};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    for (const Size size : {Size{640, 480}, Size{500, 400}}) {
        desk.compositor.configure({.size = size, .flags = {WindowFlag::kActivated}});
        desk.settle();
        const State state = desk.state();
        CHECK(window_size(state) == size);
        CHECK(state.surface()->size.width <= size.width);
        CHECK(state.surface()->size.height < size.height);
        CHECK(state.windows.at(0).configure_acked == state.windows.at(0).configure_sent);
    }
}

TEST_CASE("a window that follows its guest takes its frame along") {
    if (!plugin_works()) {
        return;
    }
    PresenterDesk desk{no_decorations(), with_libdecor()};
    GuestPicture picture{kSize};
    desk.show(picture);
    const Size before = window_size(desk.state());
    GuestPicture larger{{640, 400}};
    larger.scribble(larger.all());
    desk.show(larger);
    check_framed(desk.state(), larger, {640, 400});
    CHECK(window_size(desk.state()).width == before.width + 320);
    CHECK(window_size(desk.state()).height == before.height + 200);
}

TEST_CASE("a full screen has no frame, and the window after it has one") {
    if (!plugin_works()) {
        return;
    }
    PresenterDesk desk{no_decorations(), with_libdecor()};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    desk.compositor.configure(
        {.size = {1920, 1080}, .flags = {WindowFlag::kActivated, WindowFlag::kFullscreen}});
    desk.settle();
    CHECK(desk.state().surface()->size == Size{1920, 1080});
    CHECK(window_size(desk.state()).empty());
    desk.compositor.configure({});
    desk.settle();
    desk.show(picture);
    check_framed(desk.state(), picture, kSize);
}

TEST_CASE("a window that starts full screen asks for it before its first picture") {
    if (!plugin_works()) {
        return;
    }
    wayland::PresenterOptions options = with_libdecor();
    options.fullscreen = true;
    PresenterDesk desk{no_decorations(), std::move(options)};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().windows.at(0).fullscreen_requested);
    CHECK(desk.state().surface()->size == Size{1920, 1080});
    CHECK(window_size(desk.state()).empty());
}

TEST_CASE("what a user does on the frame does not reach the guest") {
    if (!plugin_works()) {
        return;
    }
    InputDesk desk{no_decorations(with_input()), with_libdecor()};
    static_cast<void>(desk.take());
    const auto click = [&desk](uint64_t number) {
        desk.server([number](Server& server) {
            Surface& part =
                **std::find_if(server.surfaces.begin(), server.surfaces.end(),
                               [number](const Surface* each) { return each->number() == number; });
            server.seat->enter(part, 4, 4);
            server.seat->motion(5, 5);
            server.seat->button(BTN_LEFT, true);
            server.seat->button(BTN_LEFT, false);
            server.seat->leave();
        });
    };
    const State state = desk.state();
    const uint64_t window = state.windows.at(0).surface;
    size_t parts = 0;
    for (const auto& [number, surface] : state.surfaces) {
        if (surface.parent == window && surface.picture && surface.alive) {
            ++parts;
            click(number);
        }
    }
    CHECK(parts > 0);
    CHECK(desk.take() == Lines{});
    click(window);
    CHECK(desk.take() != Lines{});
}

TEST_CASE("the frame's close button asks, as a compositor's does") {
    if (!plugin_works()) {
        return;
    }
    PresenterDesk desk{no_decorations(), with_libdecor()};
    desk.settle();
    desk.compositor.close();
    desk.settle();
    CHECK(desk.events.closes == std::vector<ScanoutId>{0});
}

TEST_CASE("a compositor that vanishes takes a framed window with it, and nothing else") {
    if (!plugin_works()) {
        return;
    }
    PresenterDesk desk{no_decorations(), with_libdecor()};
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.disconnect();
    for (int i = 0; i < 1000 && desk.events.lost.empty(); ++i) {
        desk.loop.dispatch(Nanoseconds{1'000'000});
    }
    CHECK(desk.events.lost.size() == 1);
    desk.flush(picture.all());
    desk.clock.advance(Nanoseconds{100'000'000});
    desk.loop.dispatch(Nanoseconds{0});
    CHECK(desk.answered == 2);
}

TEST_CASE("a surface can lose its frame and get another one") {
    if (!plugin_works()) {
        return;
    }
    ManualClock clock;
    EventLoop loop{clock};
    TestCompositor compositor{no_decorations()};
    {
        Bystander bystander;
        wayland::Connection connection{loop, compositor.connect(), bystander};
        wayland::Globals globals{connection, bystander};
        compositor.settle(loop);
        REQUIRE(globals.bind_single());
        globals.bind_several();
        const auto decorations = wayland::make_decorations(loop, connection, globals,
                                                           wayland::DecorationsChoice::kAuto, {});
        REQUIRE(decorations);
        compositor.settle(loop);
        REQUIRE(decorations->check());
        const wayland::Proxy<wl_surface> surface{
            wl_compositor_create_surface(globals.get<wl_compositor>())};
        for (size_t i = 0; i < 3; ++i) {
            PlainWindow window{surface.get()};
            window.toplevel.emplace(globals, surface.get(), window, decorations.get());
            window.toplevel->set_title("one");
            compositor.settle(loop);
            CHECK(window.configures == 1);
            CHECK(compositor.state().windows.size() == i + 1);
            window.toplevel.reset();
            wl_surface_attach(surface.get(), nullptr, 0, 0);
            wl_surface_commit(surface.get());
            compositor.settle(loop);
            CHECK_FALSE(compositor.state().windows.at(i).alive);
        }
    }
}

}  // namespace oriel::test
