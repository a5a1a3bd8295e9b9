// SPDX-License-Identifier: MIT
// Guest px on outputs of any scale, in windows of any size.
#include <doctest/doctest.h>

#include <cstdint>

#include "input_desk.h"
#include "support/compositor/extensions.h"

namespace oriel::test {
namespace {

CompositorOptions fractional(uint32_t n120) {
    return {.fractional_scale = 1, .scale_n120 = n120};
}

wayland::PresenterOptions scaled(wayland::Scaling scaling, Size size = {320, 200}) {
    wayland::PresenterOptions options = presenter_options(size);
    options.scaling = scaling;
    return options;
}

/// Logical px.
Size shown_size(const State& state) {
    return state.content()->size;
}

}  // namespace

TEST_CASE("a window is as many output px as the guest has, at every scale") {
    struct Row {
        uint32_t n120;
        Size guest;
        Size window;
    };
    const Row rows[] = {
        {120, {1280, 800}, {1280, 800}},  {128, {1280, 800}, {1200, 750}},
        {150, {1280, 800}, {1024, 640}},  {180, {1920, 1080}, {1280, 720}},
        {210, {1920, 1080}, {1097, 617}}, {240, {1280, 800}, {640, 400}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.n120);
        PresenterDesk desk{fractional(row.n120), presenter_options(row.guest)};
        GuestPicture picture{row.guest};
        desk.show(picture);
        const State state = desk.state();
        CHECK(shown_size(state) == row.window);
        CHECK(state.picture()->size == row.guest);
        // All of the buffer: a rounded source rectangle would be out of it.
        CHECK_FALSE(state.content()->source.has_value());
        CHECK(state.content()->scale == 1);
    }
}

TEST_CASE("a scale that changes while the window is there changes its logical size") {
    PresenterDesk desk{fractional(120), presenter_options({1280, 800})};
    GuestPicture picture{{1280, 800}};
    desk.show(picture);
    CHECK(shown_size(desk.state()) == Size{1280, 800});
    desk.compositor.with([](Server& server) { send_fractional_scale(server, 150); });
    desk.settle();
    CHECK(shown_size(desk.state()) == Size{1024, 640});
    desk.compositor.with([](Server& server) { send_fractional_scale(server, 0); });
    desk.settle();
    CHECK(shown_size(desk.state()) == Size{1024, 640});
}

TEST_CASE("the exact scale counts more than the output's whole one") {
    CompositorOptions options = fractional(180);
    options.outputs = {{.scale = 2}};
    PresenterDesk desk{options, presenter_options({1920, 1080})};
    GuestPicture picture{{1920, 1080}};
    desk.show(picture);
    CHECK(shown_size(desk.state()) == Size{1280, 720});
}

TEST_CASE("without viewports a fractional scale is not asked for") {
    CompositorOptions options = fractional(180);
    options.wp_viewporter = 0;
    PresenterDesk desk{options};
    GuestPicture picture{{320, 200}};
    desk.show(picture);
    CHECK(desk.state().count("wp_fractional_scale_manager_v1.get_fractional_scale") == 0);
    CHECK(shown_size(desk.state()) == Size{320, 200});
}

TEST_CASE("without viewports the pointer is at the guest's px under it") {
    const CompositorOptions with = with_input({.outputs = {{.scale = 2}}});
    CompositorOptions without = with;
    without.wp_viewporter = 0;
    InputDesk desks[] = {InputDesk{with}, InputDesk{without}};
    for (const Size window : {Size{160, 100}, Size{500, 400}, Size{641, 401}, Size{90, 200}}) {
        CAPTURE(window.width);
        for (InputDesk& desk : desks) {
            desk.resize(window);
            desk.point(1, 1);
            static_cast<void>(desk.take());
            desk.move(window.width * 0.6, window.height * 0.4);
        }
        CHECK(desks[1].input.at.x == desks[0].input.at.x);
        CHECK(desks[1].input.at.y == desks[0].input.at.y);
        CHECK(desks[1].take() == desks[0].take());
        CHECK(desks[1].state().content()->size == desks[0].state().content()->size);
        CHECK(desks[1].state().content()->position == desks[0].state().content()->position);
    }
}

TEST_CASE("--scaling says how large a picture is in a larger window") {
    struct Row {
        wayland::Scaling scaling;
        Size shown;
    };
    const Row rows[] = {{wayland::Scaling::kFit, {800, 500}},
                        {wayland::Scaling::kInteger, {640, 400}},
                        {wayland::Scaling::kStretch, {800, 700}},
                        {wayland::Scaling::kNone, {320, 200}}};
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.scaling));
        PresenterDesk desk{
            {.configure_size = {800, 700}, .configure_flags = {WindowFlag::kMaximized}},
            scaled(row.scaling)};
        GuestPicture picture{{320, 200}};
        picture.scribble(picture.all());
        desk.show(picture);
        CHECK(shown_size(desk.state()) == row.shown);
        CHECK(desk.state().shown().size == Size{800, 700});
    }
}

TEST_CASE("windows of absurd sizes show the picture with every scaling") {
    for (const auto scaling : {wayland::Scaling::kFit, wayland::Scaling::kInteger,
                               wayland::Scaling::kStretch, wayland::Scaling::kNone}) {
        CAPTURE(static_cast<int>(scaling));
        PresenterDesk desk{fractional(150), scaled(scaling)};
        GuestPicture picture{{320, 200}};
        desk.show(picture);
        for (const Size size : {Size{1, 1}, Size{16384, 16384}, Size{1, 16384}}) {
            desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
            desk.settle();
            CHECK(desk.state().surface()->size == size);
            desk.flush(picture.all());
            desk.settle();
        }
        CHECK(desk.answered == 4);
    }
}

}  // namespace oriel::test
