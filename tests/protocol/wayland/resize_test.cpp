// SPDX-License-Identifier: MIT
// --resize: whose a window's size is, and what the guest hears of it.
#include <doctest/doctest.h>

#include <chrono>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{640, 400};

wayland::PresenterOptions resize(wayland::Resize choice, size_t screens = 1) {
    wayland::PresenterOptions options =
        presenter_options(kSize, wayland::PathChoice::kShm, screens);
    options.size_explicit = true;
    options.resize = choice;
    return options;
}

CompositorOptions fractional(uint32_t n120) {
    return {.fractional_scale = 1, .scale_n120 = n120};
}

/// The user drags the window to that size (logical px) and lets go.
void drag(PresenterDesk& desk, Size size, Nanoseconds rest = 200ms) {
    desk.compositor.configure({.size = size, .flags = {WindowFlag::kResizing}});
    desk.settle();
    desk.advance(rest);
}

Size preferred(const PresenterDesk& desk, ScanoutId scanout = 0) {
    return desk.presenter->screen(scanout).preferred;
}

}  // namespace

TEST_CASE("a window keeps its size while a guest that boots changes modes") {
    PresenterDesk desk{{}, resize(wayland::Resize::kGuest)};
    for (const Size mode : {Size{720, 400}, Size{320, 200}, Size{1024, 768}, kSize}) {
        CAPTURE(mode.width);
        GuestPicture picture{mode};
        picture.scribble(picture.all());
        desk.show(picture);
        desk.next_frame();
        CHECK(desk.state().shown().size == kSize);
        desk.advance(1s);
        CHECK(preferred(desk) == kSize);
    }
    CHECK(desk.events.screens_changed.empty());
}

TEST_CASE("a resized window asks the guest for its size, and shows the old picture until then") {
    PresenterDesk desk{{}, resize(wayland::Resize::kGuest)};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    drag(desk, {800, 600});
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{0});
    CHECK(preferred(desk) == Size{800, 600});
    CHECK(desk.state().shown().size == Size{800, 600});
    CHECK(desk.state().content()->size == Size{800, 500});  // fits, its shape kept

    GuestPicture followed{{800, 600}};
    followed.scribble(followed.all());
    desk.show(followed);
    desk.next_frame();
    CHECK(desk.state().shown() == followed.expected());
    // It has what was asked for: nothing more to ask.
    desk.advance(1s);
    CHECK(desk.events.screens_changed.size() == 1);
}

TEST_CASE("a guest that takes another mode than the one asked for is not asked again") {
    PresenterDesk desk{{}, resize(wayland::Resize::kGuest)};
    GuestPicture picture{kSize};
    desk.show(picture);
    drag(desk, {805, 603});
    GuestPicture rounded{{800, 600}};
    desk.show(rounded);
    desk.next_frame();
    desk.advance(1s);
    CHECK(desk.events.screens_changed.size() == 1);
    CHECK(preferred(desk) == Size{805, 603});
    CHECK(desk.state().content()->size == Size{800, 600});  // px by px
}

TEST_CASE("the mode is the window's output px at every scale") {
    struct Row {
        uint32_t n120;
        Size window;  // logical px
        Size mode;
    };
    const Row rows[] = {{128, {1000, 750}, {1067, 800}},
                        {150, {1000, 640}, {1250, 800}},
                        {180, {1001, 667}, {1502, 1001}},
                        {210, {960, 540}, {1680, 945}},
                        {240, {641, 401}, {1282, 802}}};
    for (const Row& row : rows) {
        CAPTURE(row.n120);
        PresenterDesk desk{fractional(row.n120), resize(wayland::Resize::kGuest)};
        GuestPicture picture{kSize};
        desk.show(picture);
        // As it was asked for, whatever rounding to logical px made of the window.
        CHECK(preferred(desk) == kSize);
        drag(desk, row.window);
        CHECK(preferred(desk) == row.mode);
        GuestPicture followed{row.mode};
        desk.show(followed);
        desk.next_frame();
        CHECK(desk.state().content()->size == row.window);
    }
}

TEST_CASE("a resize storm is few modes and ends with the right one") {
    PresenterDesk desk{{}, resize(wayland::Resize::kGuest)};
    GuestPicture picture{kSize};
    desk.show(picture);
    for (uint32_t i = 1; i <= 200; ++i) {
        drag(desk, {640 + i, 400 + i}, 5ms);
    }
    desk.advance(1s);
    CHECK(desk.events.screens_changed.size() <= 10);
    CHECK(preferred(desk) == Size{840, 600});
    CHECK(desk.state().shown().size == Size{840, 600});
}

TEST_CASE("a maximised window asks for all of it, and for its own size again afterwards") {
    PresenterDesk desk{{}, resize(wayland::Resize::kGuest)};
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.compositor.configure({.size = {1920, 1080}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    desk.advance(200ms);
    CHECK(preferred(desk) == Size{1920, 1080});
    desk.compositor.configure({});
    desk.settle();
    desk.advance(200ms);
    CHECK(preferred(desk) == kSize);
}

TEST_CASE("the screens to the right of one that is resized move along") {
    PresenterDesk desk{{}, resize(wayland::Resize::kGuest, 3)};
    CHECK(desk.presenter->screen(2).position.x == 1280);
    desk.settle();
    desk.compositor.configure({.size = {1000, 400}, .flags = {WindowFlag::kResizing}}, 0);
    desk.settle();
    desk.advance(200ms);
    CHECK(desk.presenter->screen(0).preferred == Size{1000, 400});
    CHECK(desk.presenter->screen(1).position.x == 1000);
    CHECK(desk.presenter->screen(2).position.x == 1640);
    CHECK(desk.events.screens_changed == std::vector<ScanoutId>{0, 1, 2});
}

TEST_CASE("with --resize scale the guest hears nothing") {
    PresenterDesk desk{{}, resize(wayland::Resize::kScale)};
    GuestPicture picture{kSize};
    desk.show(picture);
    drag(desk, {800, 600});
    CHECK(desk.state().shown().size == Size{800, 600});
    CHECK(preferred(desk) == kSize);
    CHECK(desk.events.screens_changed.empty());
}

TEST_CASE("with --resize fixed the window has the guest's size and no other") {
    PresenterDesk desk{{}, resize(wayland::Resize::kFixed)};
    for (const Size mode : {kSize, Size{800, 600}}) {
        GuestPicture picture{mode};
        desk.show(picture);
        desk.next_frame();
        const State state = desk.state();
        CHECK(state.shown().size == mode);
        CHECK(state.windows[0].min_size == mode);
        CHECK(state.windows[0].max_size == mode);
    }
    CHECK(preferred(desk) == kSize);
}

TEST_CASE("a window can be made no smaller than one can find again, or than its guest is") {
    for (const auto choice : {wayland::Resize::kGuest, wayland::Resize::kScale}) {
        CAPTURE(static_cast<int>(choice));
        PresenterDesk desk{{}, resize(choice)};
        GuestPicture picture{kSize};
        desk.show(picture);
        CHECK(desk.state().windows[0].min_size == Size{160, 100});
        CHECK(desk.state().windows[0].max_size == Size{});
    }
    PresenterDesk desk{{}, resize(wayland::Resize::kScale)};
    GuestPicture tiny{{128, 64}};
    desk.show(tiny);
    desk.next_frame();
    CHECK(desk.state().shown().size == Size{128, 64});
    CHECK(desk.state().windows[0].min_size == Size{128, 64});
}

TEST_CASE("with --resize fixed a full screen has no limits, and the guest's again afterwards") {
    PresenterDesk desk{{}, resize(wayland::Resize::kFixed)};
    GuestPicture picture{kSize};
    desk.show(picture);
    REQUIRE(desk.state().windows[0].max_size == kSize);
    desk.compositor.configure({.size = {1920, 1080}, .flags = {WindowFlag::kFullscreen}});
    desk.settle();
    CHECK(desk.state().windows[0].min_size == Size{});
    CHECK(desk.state().windows[0].max_size == Size{});
    desk.next_frame();
    desk.compositor.configure({});
    desk.settle();
    CHECK(desk.state().windows[0].min_size == kSize);
    CHECK(desk.state().windows[0].max_size == kSize);
    CHECK(desk.state().shown().size == kSize);
}

TEST_CASE("without viewports a resized window asks the guest for its size as with them") {
    PresenterDesk desk{{.wp_viewporter = 0, .outputs = {{.scale = 2}}},
                       resize(wayland::Resize::kGuest)};
    GuestPicture picture{{800, 600}};
    desk.show(picture);
    CHECK(preferred(desk) == kSize);
    drag(desk, {1000, 700});
    CHECK(preferred(desk) == Size{2000, 1400});
    CHECK(desk.state().shown().size == Size{1000, 700});
}

}  // namespace oriel::test
