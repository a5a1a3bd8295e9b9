// SPDX-License-Identifier: MIT
// What a window takes from the user's desktop, and how the user gets it back.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "input_desk.h"
#include "support/compositor/extensions.h"

namespace oriel::test {
namespace {

const std::string kTitle = "test \u2014 320x200";
const std::string kKeyboardHint = "test \u2014 320x200 \u2014 Ctrl+Alt releases the keyboard";

wayland::PresenterOptions grab_options(wayland::GrabChoice grab, bool confine = false) {
    wayland::PresenterOptions options = presenter_options(InputDesk::kSize);
    options.grab = grab;
    options.confine = confine;
    return options;
}

struct GrabDesk : InputDesk {
    explicit GrabDesk(wayland::GrabChoice grab = wayland::GrabChoice::kClick,
                      CompositorOptions compositor = with_input(), bool confine = false)
        : InputDesk{std::move(compositor), grab_options(grab, confine)} {
        focus();
        point(10, 10);
        static_cast<void>(take());
    }

    void ctrl_alt() {
        press(KEY_LEFTCTRL);
        press(KEY_LEFTALT);
        release(KEY_LEFTALT);
        release(KEY_LEFTCTRL);
        static_cast<void>(take());
    }
    void ctrl_alt_g() {
        press(KEY_LEFTCTRL);
        press(KEY_LEFTALT);
        press(KEY_G);
        release(KEY_G);
        release(KEY_LEFTALT);
        release(KEY_LEFTCTRL);
        static_cast<void>(take());
    }
    void push(double dx, double dy) {
        server([&](Server& server) { move_relative_pointers(server, dx, dy); });
    }
};

}  // namespace

TEST_CASE("a click asks for the compositor's shortcuts, and the title says how to get out") {
    GrabDesk desk;
    CHECK_FALSE(desk.inhibited());
    CHECK(desk.title() == kTitle);
    desk.click(BTN_LEFT);
    CHECK(desk.inhibited());
    CHECK(desk.title() == kKeyboardHint);
    CHECK(desk.take() == Lines{"button 272 down", "frame", "button 272 up", "frame"});
    desk.click(BTN_LEFT);
    CHECK(desk.state().shortcuts_inhibited.size() == 1);

    desk.ctrl_alt();
    CHECK_FALSE(desk.inhibited());
    CHECK(desk.title() == kTitle);
    CHECK_FALSE(desk.input.anything_down());
    desk.click(BTN_LEFT);
    CHECK(desk.inhibited());
}

TEST_CASE("--grab focus asks as soon as the window has the keyboard") {
    GrabDesk desk{wayland::GrabChoice::kFocus};
    CHECK(desk.inhibited());
    desk.ctrl_alt();
    CHECK_FALSE(desk.inhibited());
    desk.press(KEY_A);
    CHECK_FALSE(desk.inhibited());
    desk.blur();
    desk.focus();
    CHECK(desk.inhibited());
}

TEST_CASE("--grab never never asks") {
    GrabDesk desk{wayland::GrabChoice::kNever};
    desk.click(BTN_LEFT);
    CHECK_FALSE(desk.inhibited());
    CHECK(desk.title() == kTitle);
    desk.press(KEY_A);
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_A});
}

TEST_CASE("the loss of the focus gives the shortcuts back") {
    GrabDesk desk;
    desk.click(BTN_LEFT);
    desk.blur();
    CHECK_FALSE(desk.inhibited());
    CHECK(desk.title() == kTitle);
}

TEST_CASE("the title says what the compositor does, not what it was asked for") {
    CompositorOptions options = with_input();
    options.grant_inhibitors = false;
    GrabDesk desk{wayland::GrabChoice::kClick, options};
    desk.click(BTN_LEFT);
    CHECK(desk.inhibited());
    CHECK(desk.title() == kTitle);
    desk.server([](Server& server) { set_inhibitors_active(server, true); });
    CHECK(desk.title() == kKeyboardHint);
    desk.server([](Server& server) { set_inhibitors_active(server, false); });
    CHECK(desk.title() == kTitle);
    CHECK(desk.inhibited());
}

TEST_CASE("Ctrl+Alt with a key is the guest's and releases nothing") {
    GrabDesk desk;
    desk.click(BTN_LEFT);
    static_cast<void>(desk.take());
    desk.press(KEY_LEFTCTRL);
    desk.press(KEY_LEFTALT);
    desk.press(KEY_DELETE);
    CHECK(desk.take() ==
          Lines{"key 29 down", "frame", "key 56 down", "frame", "key 111 down", "frame"});
    desk.release(KEY_DELETE);
    desk.release(KEY_LEFTALT);
    desk.release(KEY_LEFTCTRL);
    CHECK(desk.inhibited());
}

TEST_CASE("Ctrl+Alt and a click or the wheel releases nothing") {
    GrabDesk desk;
    desk.click(BTN_LEFT);
    desk.press(KEY_LEFTCTRL);
    desk.press(KEY_LEFTALT);
    SUBCASE("a click") {
        desk.click(BTN_LEFT);
    }
    SUBCASE("the wheel") {
        desk.user([](SeatGlobal& seat, Surface&) { seat.wheel(0, 120); });
    }
    desk.release(KEY_LEFTALT);
    desk.release(KEY_LEFTCTRL);
    CHECK(desk.inhibited());
}

TEST_CASE("a click into another window takes the grab along") {
    wayland::PresenterOptions options =
        presenter_options(InputDesk::kSize, wayland::PathChoice::kShm, 2);
    InputDesk desk{with_input(), std::move(options)};
    desk.desk.show(desk.picture, 1);
    desk.focus({}, 0);
    desk.point(10, 10, 0);
    desk.click(BTN_LEFT);
    // Some compositors move the focus only after the click.
    desk.point(10, 10, 1);
    desk.click(BTN_LEFT);
    desk.focus({}, 1);
    const State state = desk.state();
    REQUIRE(state.shortcuts_inhibited.size() == 1);
    CHECK(state.shortcuts_inhibited[0] == state.windows[1].surface);
    CHECK(state.windows[0].title == kTitle);
    CHECK(state.windows[1].title ==
          "test (2) \u2014 320x200 \u2014 Ctrl+Alt releases the keyboard");
}

TEST_CASE("a guest that follows movements has the pointer locked by a click") {
    GrabDesk desk;
    desk.input.positions = false;
    desk.move(20, 20);
    CHECK(desk.take().empty());  // its pointer is elsewhere
    desk.click(BTN_LEFT);
    CHECK(desk.take().empty());  // that was only for the lock
    CHECK(desk.locked());
    CHECK(desk.title() ==
          "test \u2014 320x200 \u2014 Ctrl+Alt releases the keyboard and the pointer");
    desk.push(3.5, -2);
    CHECK(desk.take() == Lines{"moved 3.5,-2", "frame"});
    desk.click(BTN_LEFT);
    CHECK(desk.take() == Lines{"button 272 down", "frame", "button 272 up", "frame"});

    desk.ctrl_alt();
    CHECK_FALSE(desk.locked());
    CHECK(desk.title() == kTitle);
    desk.push(1, 1);
    CHECK(desk.take().empty());
}

TEST_CASE("a lock ends with the focus, with the pointer, and at the compositor's wish") {
    GrabDesk desk;
    desk.input.positions = false;
    desk.click(BTN_LEFT);
    REQUIRE(desk.locked());
    SUBCASE("the focus") {
        desk.blur();
    }
    SUBCASE("the pointer") {
        desk.desk.compositor.set_seat_capabilities(2);
    }
    SUBCASE("the seat") {
        desk.desk.compositor.remove_seat();
    }
    SUBCASE("the compositor's wish") {
        desk.server([](Server& server) { set_constraints_active(server, false); });
    }
    desk.desk.settle();
    CHECK_FALSE(desk.locked());
    CHECK_FALSE(desk.state().constraints.back().alive);
    CHECK(desk.title().find("pointer") == std::string::npos);
}

TEST_CASE("a lock that the compositor refuses leaves the second click to the guest") {
    CompositorOptions options = with_input();
    options.grant_constraints = false;
    GrabDesk desk{wayland::GrabChoice::kClick, options};
    desk.input.positions = false;
    desk.click(BTN_LEFT);
    CHECK_FALSE(desk.locked());
    desk.push(5, 5);
    CHECK(desk.take().empty());
    desk.click(BTN_LEFT);
    CHECK(desk.take() == Lines{"button 272 down", "frame", "button 272 up", "frame"});
    desk.server([](Server& server) { set_constraints_active(server, true); });
    CHECK(desk.locked());
    desk.push(5, 5);
    CHECK(desk.take() == Lines{"moved 5,5", "frame"});
}

TEST_CASE("a guest that takes positions again gets them, without the lock") {
    GrabDesk desk;
    desk.input.positions = false;
    desk.click(BTN_LEFT);
    REQUIRE(desk.locked());
    desk.input.positions = true;
    desk.push(1, 1);
    CHECK_FALSE(desk.locked());
    desk.move(30, 40);
    CHECK(desk.take() == Lines{"at 0: 30,40", "frame"});
}

TEST_CASE("Ctrl+Alt+G locks the pointer for any guest, and frees it") {
    GrabDesk desk;
    desk.ctrl_alt_g();
    CHECK(desk.locked());
    CHECK(desk.title() == "test \u2014 320x200 \u2014 Ctrl+Alt releases the pointer");
    CHECK(desk.state().cursor.hidden);
    desk.push(4, 4);
    CHECK(desk.take() == Lines{"moved 4,4", "frame"});
    desk.ctrl_alt_g();
    CHECK_FALSE(desk.locked());
    desk.ctrl_alt_g();
    CHECK(desk.locked());
    desk.ctrl_alt();
    CHECK_FALSE(desk.locked());
}

TEST_CASE("while the pointer is locked the guest's cursor is where the guest has it") {
    CompositorOptions relaxed = with_input();
    relaxed.strict_buffers = false;  // a cursor theme's arrow, at the end
    GrabDesk desk{wayland::GrabChoice::kClick, relaxed};
    const auto image = std::make_shared<CursorImage>(
        CursorImage{{16, 16}, {2, 3}, std::vector<uint32_t>(256, 0xff00ff00)});
    desk.desk.presenter->set_cursor(0, image);
    desk.desk.presenter->move_cursor(0, {100, 50});
    desk.desk.settle();
    const auto drawn = [&]() -> std::optional<Point> {
        const State state = desk.state();
        for (const uint64_t number : state.surface()->stack) {
            const SurfaceState& surface = state.surfaces.at(number);
            if (surface.picture && surface.picture->size == image->size) {
                return surface.position;
            }
        }
        return std::nullopt;
    };
    CHECK_FALSE(drawn().has_value());
    desk.ctrl_alt_g();
    CHECK(drawn() == Point{98, 47});
    CHECK(desk.state().cursor.hidden);  // one only
    desk.desk.presenter->move_cursor(0, {120, 60});
    desk.desk.settle();
    CHECK(drawn() == Point{118, 57});

    // Not once a movement, but once a frame; and the last one gets out.
    desk.desk.compositor.change_options(
        [](CompositorOptions& options) { options.frames = Frames::kManual; });
    const uint64_t before = desk.state().count("wl_surface.commit");
    for (int32_t x = 0; x < 100; ++x) {
        desk.desk.presenter->move_cursor(0, {x, 60});
        desk.desk.settle();
    }
    CHECK(desk.state().count("wl_surface.commit") <= before + 2);
    desk.desk.next_frame();
    CHECK(drawn() == Point{97, 57});
    desk.desk.compositor.change_options(
        [](CompositorOptions& options) { options.frames = Frames::kImmediate; });
    desk.desk.next_frame();

    // Above the picture also when that moves to a surface of its own.
    desk.resize({320, 400});
    CHECK(drawn() == Point{97, 157});
    const State state = desk.state();
    CHECK(state.surfaces.at(state.surface()->stack.back()).picture->size == image->size);

    desk.desk.presenter->set_cursor(0, nullptr);
    desk.desk.settle();
    CHECK_FALSE(drawn().has_value());
    desk.desk.presenter->set_cursor(0, image);
    desk.desk.settle();
    CHECK(drawn().has_value());
    desk.ctrl_alt();
    CHECK_FALSE(drawn().has_value());
}

TEST_CASE("a lock that ends gives the pointer back where the guest's cursor is") {
    CompositorOptions relaxed = with_input();
    relaxed.strict_buffers = false;  // a cursor theme's arrow, at the end
    GrabDesk desk{wayland::GrabChoice::kClick, relaxed};
    // The picture is 320x200 in the middle of 320x400.
    desk.resize({320, 400});
    const auto image = std::make_shared<CursorImage>(
        CursorImage{{16, 16}, {2, 3}, std::vector<uint32_t>(256, 0xff00ff00)});
    desk.desk.presenter->move_cursor(0, {100, 50});
    desk.ctrl_alt_g();
    REQUIRE(desk.locked());
    // Without a cursor nobody knows where it would be.
    CHECK_FALSE(desk.state().constraints.back().hint.has_value());
    desk.desk.presenter->set_cursor(0, image);
    desk.desk.settle();
    using Place = std::pair<double, double>;
    CHECK(desk.state().constraints.back().hint == Place{100, 150});
    desk.desk.presenter->move_cursor(0, {120, 60});
    desk.desk.settle();
    desk.ctrl_alt_g();
    const State state = desk.state();
    CHECK_FALSE(state.constraints.back().alive);
    CHECK(state.constraints.back().hint == Place{120, 160});
    CHECK(state.surface()->commits.size() > state.constraints.back().hint_after);
}

TEST_CASE("--confine keeps the pointer in the window from a click to Ctrl+Alt") {
    GrabDesk desk{wayland::GrabChoice::kClick, with_input(), true};
    desk.click(BTN_LEFT);
    REQUIRE(desk.state().constraints.size() == 1);
    CHECK_FALSE(desk.state().constraints[0].lock);
    CHECK(desk.state().constraints[0].active);
    CHECK(desk.take() == Lines{"button 272 down", "frame", "button 272 up", "frame"});
    desk.move(20, 20);
    CHECK(desk.input.at.x == 20);
    // A lock takes its place: a surface has one.
    desk.ctrl_alt_g();
    CHECK(desk.locked());
    CHECK_FALSE(desk.state().constraints[0].alive);
    desk.ctrl_alt();
    CHECK_FALSE(desk.locked());
    desk.click(BTN_LEFT);
    CHECK(desk.state().constraints.back().active);
    desk.blur();
    CHECK_FALSE(desk.state().constraints.back().alive);
}

TEST_CASE("a compositor that can grab nothing is typed and clicked on all the same") {
    GrabDesk desk{wayland::GrabChoice::kFocus, {.seat_capabilities = 7}, true};
    desk.click(BTN_LEFT);
    desk.ctrl_alt();
    desk.ctrl_alt_g();
    CHECK(desk.title() == kTitle);
    desk.press(KEY_A);
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_A});
}

}  // namespace oriel::test
