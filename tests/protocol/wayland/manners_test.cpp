// SPDX-License-Identifier: MIT
// Small things that make a window a good citizen.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

CompositorOptions everything() {
    return {.idle_inhibit = 1,
            .content_type = 1,
            .tearing_control = 1,
            .activation = 1,
            .cursor_shape = 1,
            .toplevel_icon = 1};
}

wayland::PresenterOptions film(bool inhibit, bool fullscreen) {
    wayland::PresenterOptions options = presenter_options(kSize);
    options.inhibit_idle = inhibit;
    options.fullscreen = fullscreen;
    options.size_explicit = true;
    return options;
}

struct FilmDesk : PresenterDesk {
    explicit FilmDesk(bool inhibit = true, bool fullscreen = true)
        : PresenterDesk{everything(), film(inhibit, fullscreen)} {
        show(picture);
    }
    /// Pictures for some seconds.
    void play(uint32_t per_second, int seconds = 6) {
        for (uint32_t i = 0; i < per_second * static_cast<uint32_t>(seconds); ++i) {
            picture.fill({0, 0, 8, 8}, i + 1);
            flush({0, 0, 8, 8});
            advance(Nanoseconds{1s} / per_second);
        }
    }
    [[nodiscard]] bool inhibited() const { return state().idle_inhibitors != 0; }

    GuestPicture picture{kSize};
};

}  // namespace

TEST_CASE("a film on the whole screen keeps the screen on, as long as it plays") {
    FilmDesk desk;
    CHECK_FALSE(desk.inhibited());
    desk.play(24);
    CHECK(desk.inhibited());
    desk.advance(6s);
    CHECK_FALSE(desk.inhibited());
    desk.play(24);
    CHECK(desk.inhibited());
    desk.compositor.configure({.size = kSize});
    desk.settle();
    CHECK_FALSE(desk.inhibited());
}

TEST_CASE("a blinking cursor keeps no screen on") {
    FilmDesk desk;
    desk.play(4, 20);
    CHECK_FALSE(desk.inhibited());
}

TEST_CASE("a film in a window, and one without --inhibit-idle, keeps no screen on") {
    FilmDesk windowed{true, false};
    windowed.play(24);
    CHECK_FALSE(windowed.inhibited());
    FilmDesk unasked{false, true};
    unasked.play(24);
    CHECK_FALSE(unasked.inhibited());
}

TEST_CASE("a screen that stands still wakes nobody") {
    FilmDesk desk;
    desk.play(24);
    desk.advance(6s);
    desk.advance(6s);
    desk.clock.advance(60s);
    CHECK_FALSE(desk.loop.dispatch(Nanoseconds{0}));
}

TEST_CASE("--latency low says so for the window and for a picture with borders") {
    wayland::PresenterOptions options = presenter_options(kSize);
    options.latency = wayland::LatencyChoice::kLow;
    PresenterDesk desk{everything(), std::move(options)};
    GuestPicture picture{kSize};
    desk.show(picture);
    constexpr uint32_t kGame = 3;
    CHECK(desk.state().content()->content_type == kGame);
    CHECK(desk.state().content()->may_tear);
    desk.compositor.configure({.size = {640, 600}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    CHECK(desk.state().content()->role == "wl_subsurface");
    CHECK(desk.state().content()->content_type == kGame);
    CHECK(desk.state().content()->may_tear);
}

TEST_CASE("without --latency low no frame tears") {
    PresenterDesk desk{everything()};
    GuestPicture picture{kSize};
    desk.show(picture);
    CHECK(desk.state().content()->content_type == 0);
    CHECK_FALSE(desk.state().content()->may_tear);
}

TEST_CASE("an activation token is for the first window, and an absurd one for none") {
    wayland::PresenterOptions options = presenter_options(kSize, wayland::PathChoice::kShm, 2);
    options.activation_token = "a token";
    PresenterDesk desk{everything(), std::move(options)};
    desk.settle();
    const State state = desk.state();
    REQUIRE(state.activations.size() == 1);
    CHECK(state.activations[0].first == "a token");
    CHECK(state.activations[0].second == state.windows[0].surface);

    wayland::PresenterOptions absurd = presenter_options(kSize);
    absurd.activation_token = std::string(100'000, 'x');
    PresenterDesk other{everything(), std::move(absurd)};
    other.settle();
    CHECK(other.state().activations.empty());
    CHECK(other.events.lost.empty());
}

#ifdef ORIEL_HAVE_TOPLEVEL_ICON
TEST_CASE("a window has the program's icon") {
    PresenterDesk desk{everything()};
    desk.settle();
    CHECK(desk.state().windows[0].icon == "oriel");
}
#endif

TEST_CASE("everything asked for from a compositor that has nothing of it does no harm") {
    wayland::PresenterOptions options = film(true, true);
    options.latency = wayland::LatencyChoice::kLow;
    options.activation_token = "a token";
    options.confine = true;
    PresenterDesk desk{{}, std::move(options)};
    GuestPicture picture{kSize};
    desk.show(picture);
    for (int i = 0; i < 200; ++i) {
        desk.flush(picture.all());
        desk.advance(40ms);
    }
    CHECK(desk.answered == 201);
}

}  // namespace oriel::test
