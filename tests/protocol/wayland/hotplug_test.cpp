// SPDX-License-Identifier: MIT
// Screens that are pulled out and plugged in while the VM runs.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <chrono>

#include "input_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};
constexpr ScreenChange kOff{.connected = false};
constexpr ScreenChange kOn{};

ScreenChange mode(Size size) {
    return {.preferred = size};
}

wayland::PresenterOptions screens(size_t count, wayland::Resize resize = wayland::Resize::kScale) {
    wayland::PresenterOptions options = presenter_options(kSize, wayland::PathChoice::kShm, count);
    options.size_explicit = true;
    options.resize = resize;
    return options;
}

/// Two screens with a picture each.
struct HotplugDesk : PresenterDesk {
    explicit HotplugDesk(CompositorOptions compositor_options = {},
                         wayland::PresenterOptions options = screens(2))
        : PresenterDesk{std::move(compositor_options), std::move(options)} {
        left.scribble(left.all(), 1);
        right.scribble(right.all(), 2);
        show(left, 0);
        show(right, 1);
        next_frame();
    }
    void set(ScanoutId scanout, const ScreenChange& change) {
        REQUIRE(presenter->set_screen(scanout, change).has_value());
        settle();
    }
    [[nodiscard]] size_t windows() const {
        size_t alive = 0;
        for (const WindowState& window : state().windows) {
            alive += window.alive ? 1 : 0;
        }
        return alive;
    }

    GuestPicture left{kSize};
    GuestPicture right{kSize};
};

}  // namespace

TEST_CASE("a screen that is pulled out has no window, and comes back with its picture") {
    HotplugDesk desk;
    desk.set(1, kOff);
    CHECK(desk.windows() == 1);
    CHECK_FALSE(desk.state().windows[1].alive);
    CHECK_FALSE(desk.state().surface(1)->picture);
    CHECK_FALSE(desk.presenter->screen(1).connected);
    CHECK_FALSE(desk.presenter->visible(1));
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{1});
    CHECK(desk.events.visibility == std::vector<ScanoutId>{1});

    desk.set(1, kOn);
    const State state = desk.state();
    CHECK(desk.windows() == 2);
    REQUIRE(state.windows.size() == 3);
    CHECK(state.windows[2].title == "test (2) \u2014 320x200");
    CHECK(state.windows[2].app_id == "oriel.test");
    CHECK(state.windows[2].surface == state.windows[1].surface);
    CHECK(state.shown(2) == desk.right.expected());
    CHECK(state.shown(0) == desk.left.expected());
    CHECK(desk.presenter->screen(1).connected);
    CHECK(desk.presenter->visible(1));
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{1, 1});

    // As before from then on.
    desk.next_frame();
    desk.right.scribble(desk.right.all(), 3);
    desk.flush(desk.right.all(), 1);
    desk.settle();
    CHECK(desk.state().shown(2) == desk.right.expected());
}

TEST_CASE("a change that changes nothing does nothing") {
    HotplugDesk desk;
    const uint64_t commits = desk.state().count("wl_surface.commit");
    desk.set(1, kOn);
    desk.set(0, mode(kSize));
    CHECK(desk.state().count("wl_surface.commit") == commits);
    desk.set(1, kOff);
    desk.set(1, kOff);
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{1});
    CHECK_FALSE(desk.presenter->set_screen(2, kOn).has_value());
}

TEST_CASE("flushes of a screen that is pulled out are answered by the timer") {
    HotplugDesk desk;
    desk.set(1, kOff);
    desk.answered = 0;
    for (uint64_t i = 1; i <= 3; ++i) {
        desk.right.scribble(desk.right.all(), static_cast<uint32_t>(i));
        desk.flush(desk.right.all(), 1);
        desk.settle();
        CHECK(desk.answered == i - 1);
        CHECK_FALSE(desk.presenter->frame_pending(1));
        desk.advance(17ms);
        CHECK(desk.answered == i);
    }
    const uint64_t commits = desk.state().count("wl_surface.commit");
    desk.advance(10s);
    CHECK(desk.state().count("wl_surface.commit") == commits);
    desk.set(1, kOn);
    CHECK(desk.state().shown(2) == desk.right.expected());
}

TEST_CASE("a screen may be pulled out while a frame is pending and a flush waits for it") {
    HotplugDesk desk{{.frames = Frames::kManual}};
    desk.flush(desk.right.all(), 1);
    desk.flush(desk.right.all(), 1);
    desk.settle();
    REQUIRE(desk.presenter->frame_pending(1));
    REQUIRE(desk.answered == 3);  // the second waits for the frame
    desk.set(1, kOff);
    CHECK(desk.answered == 4);
    CHECK_FALSE(desk.presenter->frame_pending(1));
    desk.next_frame();
    desk.set(1, kOn);
    desk.next_frame();
    desk.next_frame();
    CHECK(desk.state().shown(2) == desk.right.expected());
    desk.flush(desk.right.all(), 1);
    desk.settle();
    CHECK(desk.answered == 5);
}

TEST_CASE("a screen may be pulled out while the compositor has all of its buffers") {
    HotplugDesk desk{{.releases = Releases::kManual}};
    for (uint32_t i = 0; i < 6; ++i) {
        desk.right.scribble(desk.right.all(), i);
        desk.flush(desk.right.all(), 1);
        desk.settle();
    }
    desk.set(1, kOff);
    CHECK(desk.answered == 8);
    desk.set(1, kOn);
    desk.compositor.release_all();
    desk.settle();
    CHECK(desk.state().shown(2) == desk.right.expected());
}

TEST_CASE("what happens to a picture while its screen is pulled out shows afterwards") {
    HotplugDesk desk;
    desk.set(1, kOff);
    SUBCASE("another one is attached") {
        GuestPicture other{{640, 400}};
        other.scribble(other.all(), 7);
        desk.attach(other, 1);
        desk.flush(other.all(), 1);
        desk.set(1, kOn);
        CHECK(desk.state().shown(2) == other.expected());
        CHECK(desk.state().windows[2].title == "test (2) \u2014 640x400");
    }
    SUBCASE("it is detached") {
        desk.presenter->detach(1);
        desk.set(1, kOn);
        CHECK(desk.state().shown(2) == GuestPicture{kSize}.expected());
        CHECK(desk.state().windows[2].title == "test (2)");
    }
}

TEST_CASE("a letterboxed picture comes back as it was") {
    HotplugDesk desk;
    desk.compositor.configure({.size = {500, 500}, .flags = {WindowFlag::kResizing}}, 1);
    desk.settle();
    desk.next_frame();
    const Picture before = desk.state().shown(1);
    REQUIRE(before.size == Size{500, 500});
    desk.set(1, kOff);
    CHECK_FALSE(desk.state().content(1)->picture);
    desk.set(1, kOn);
    desk.next_frame();
    // The user's size is the window's still.
    CHECK(desk.state().shown(2) == before);
}

TEST_CASE("a screen may be pulled out and plugged in before its window is configured") {
    PresenterDesk desk{{.auto_configure = false}, screens(2)};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.settle();
    SUBCASE("out") {}
    SUBCASE("out and in and out") {
        REQUIRE(desk.presenter->set_screen(1, kOff).has_value());
        REQUIRE(desk.presenter->set_screen(1, kOn).has_value());
    }
    REQUIRE(desk.presenter->set_screen(1, kOff).has_value());
    desk.settle();
    desk.attach(picture, 1);
    desk.flush(picture.all(), 1);
    REQUIRE(desk.presenter->set_screen(1, kOn).has_value());
    desk.settle();
    CHECK_FALSE(desk.state().surface(1)->picture);
    const size_t window = desk.state().windows.size() - 1;
    desk.compositor.configure({}, window);
    desk.settle();
    CHECK(desk.state().shown(window) == picture.expected());
}

TEST_CASE("a full screen comes back full screen, on its output") {
    wayland::PresenterOptions options = screens(2);
    options.fullscreen = true;
    options.output_names = {"DP-1", "HDMI-A-1"};
    HotplugDesk desk{{.outputs = {{.name = "DP-1"}, {.name = "HDMI-A-1"}}}, std::move(options)};
    desk.set(1, kOff);
    desk.set(1, kOn);
    CHECK(desk.state().windows[2].fullscreen_requested);
    CHECK(desk.state().windows[2].fullscreen_output == "HDMI-A-1");
    // But not one that has left it since.
    desk.compositor.configure({}, 2);
    desk.settle();
    desk.set(1, kOff);
    desk.set(1, kOn);
    CHECK_FALSE(desk.state().windows[3].fullscreen_requested);
}

TEST_CASE("an output that vanishes with a window on it, and while there is none, does no harm") {
    HotplugDesk desk{{.outputs = {{.name = "A"}, {.name = "B", .refresh_mhz = 144'000}},
                      .frames = Frames::kManual}};
    desk.next_frame();
    desk.compositor.move_to_output("B", 1);
    desk.settle();
    desk.flush(desk.right.all(), 1);
    desk.compositor.remove_output("B");
    desk.settle();
    CHECK(desk.presenter->screen(1).refresh_mhz == 60'000);
    desk.set(1, kOff);
    desk.compositor.remove_output("A");
    desk.settle();
    desk.set(1, kOn);
    desk.compositor.add_output({.name = "C", .refresh_mhz = 75'000});
    desk.settle();
    desk.next_frame();
    desk.next_frame();
    CHECK(desk.presenter->screen(1).refresh_mhz == 75'000);
    CHECK(desk.state().shown(2) == desk.right.expected());
    CHECK(desk.answered == 3);
}

TEST_CASE("the screens beside one that goes move up, and back again") {
    HotplugDesk desk{{}, screens(3)};
    CHECK(desk.presenter->screen(1).position == Point{320, 0});
    CHECK(desk.presenter->screen(2).position == Point{640, 0});
    desk.set(0, kOff);
    CHECK(desk.presenter->screen(1).position == Point{0, 0});
    CHECK(desk.presenter->screen(2).position == Point{320, 0});
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{0, 1, 2});
    desk.set(1, kOff);
    CHECK(desk.presenter->screen(2).position == Point{0, 0});
    desk.set(0, mode({800, 600}));
    CHECK(desk.presenter->screen(2).position == Point{800, 0});
}

TEST_CASE("a mode and a refresh rate that the user asks for are the guest's to prefer") {
    for (const auto resize :
         {wayland::Resize::kGuest, wayland::Resize::kScale, wayland::Resize::kFixed}) {
        CAPTURE(static_cast<int>(resize));
        HotplugDesk desk{{.outputs = {{.mode = {1920, 1080}, .physical_mm = {480, 270}}}},
                         screens(2, resize)};
        desk.set(1, kOff);
        desk.set(1, {.preferred = Size{640, 480}, .refresh_mhz = 75'000});
        const ScreenInfo screen = desk.presenter->screen(1);
        CHECK(screen.preferred == Size{640, 480});
        CHECK(screen.refresh_mhz == 75'000);
        CHECK(screen.physical_mm == Size{160, 120});
        GuestPicture followed{{640, 480}};
        followed.scribble(followed.all());
        desk.show(followed, 1);
        desk.next_frame();
        CHECK(desk.state().shown(2) == followed.expected());
        desk.advance(1s);
        CHECK(desk.presenter->screen(1).preferred == Size{640, 480});
        // Also while it is there, and after the user has resized the window.
        if (resize != wayland::Resize::kFixed) {
            desk.compositor.configure({.size = {700, 500}, .flags = {WindowFlag::kResizing}}, 2);
            desk.settle();
            desk.advance(1s);
        }
        desk.set(1, mode({800, 600}));
        CHECK(desk.presenter->screen(1).preferred == Size{800, 600});
        GuestPicture again{{800, 600}};
        again.scribble(again.all());
        desk.show(again, 1);
        desk.next_frame();
        CHECK(desk.state().shown(2) == again.expected());
    }
}

TEST_CASE("a mode that is asked for in a full screen holds until the window's size changes") {
    HotplugDesk desk{{}, screens(2, wayland::Resize::kGuest)};
    desk.compositor.configure({.size = {1920, 1080}, .flags = {WindowFlag::kFullscreen}}, 1);
    desk.settle();
    desk.advance(1s);
    REQUIRE(desk.presenter->screen(1).preferred == Size{1920, 1080});
    desk.set(1, mode({1280, 720}));
    desk.advance(1s);
    CHECK(desk.presenter->screen(1).preferred == Size{1280, 720});
    CHECK(desk.state().surface(1)->size == Size{1920, 1080});
    desk.compositor.configure({.size = {1600, 900}, .flags = {WindowFlag::kFullscreen}}, 1);
    desk.settle();
    desk.advance(1s);
    CHECK(desk.presenter->screen(1).preferred == Size{1600, 900});
}

TEST_CASE("what is pressed in a window is released when its screen is pulled out") {
    InputDesk desk{with_input(), screens(2)};
    desk.desk.show(desk.picture, 1);
    desk.focus({}, 1);
    desk.point(10, 10, 1);
    desk.press(KEY_A);
    desk.button(BTN_LEFT, true);
    desk.user(
        [](SeatGlobal& seat, Surface& surface) {
            seat.touch_down(surface, 1, 20, 20);
            seat.touch_frame();
        },
        1);
    REQUIRE(desk.input.keys.size() == 1);
    REQUIRE(desk.input.buttons.size() == 1);
    REQUIRE(desk.input.fingers.size() == 1);
    REQUIRE(desk.inhibited());
    REQUIRE(desk.desk.presenter->set_screen(1, kOff).has_value());
    CHECK_FALSE(desk.input.anything_down());
    CHECK_FALSE(desk.input.unframed);
    desk.desk.settle();
    CHECK_FALSE(desk.inhibited());
    // What the compositor sends before it has heard of it is nobody's.
    static_cast<void>(desk.take());
    desk.press(KEY_B);
    desk.move(30, 30);
    CHECK(desk.take().empty());
    desk.blur();

    // The other window is typed in as before, and this one too once it is back.
    desk.focus({}, 0);
    desk.press(KEY_C);
    CHECK(desk.input.keys.size() == 1);
    desk.release(KEY_C);
    REQUIRE(desk.desk.presenter->set_screen(1, kOn).has_value());
    desk.desk.settle();
    desk.focus({}, 2);
    desk.press(KEY_D);
    CHECK(desk.input.keys.contains(KEY_D));
}

TEST_CASE("a locked pointer is given back when its screen is pulled out") {
    InputDesk desk{with_input(), screens(2)};
    desk.desk.show(desk.picture, 1);
    desk.input.positions = false;
    desk.focus({}, 1);
    desk.point(10, 10, 1);
    desk.click(BTN_LEFT);
    REQUIRE(desk.locked());
    REQUIRE(desk.desk.presenter->set_screen(1, kOff).has_value());
    desk.desk.settle();
    CHECK_FALSE(desk.locked());
    REQUIRE(desk.desk.presenter->set_screen(1, kOn).has_value());
    desk.desk.settle();
    CHECK(desk.state().windows[2].title == "test (2) \u2014 320x200");
}

TEST_CASE("screens can't be changed any more once the compositor is gone") {
    HotplugDesk desk;
    desk.set(1, kOff);
    desk.compositor.disconnect();
    while (desk.events.lost.empty()) {
        desk.loop.dispatch(100ms);
    }
    CHECK_FALSE(desk.presenter->set_screen(1, kOn).has_value());
    desk.presenter->flush(1, Region{desk.right.all()}, {});
}

TEST_CASE("a guest that breaks no rule may be plugged a hundred times") {
    HotplugDesk desk;
    for (uint32_t i = 0; i < 50; ++i) {
        desk.set(1, kOff);
        desk.flush(desk.right.all(), 1);
        desk.set(1, kOn);
    }
    CHECK(desk.windows() == 2);
    CHECK(desk.state().shown(51) == desk.right.expected());
}

}  // namespace oriel::test
