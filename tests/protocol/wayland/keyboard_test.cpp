// SPDX-License-Identifier: MIT
// The user's keyboard in the guest.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <iterator>

#include "input_desk.h"

namespace oriel::test {
namespace {

size_t descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("keys are the guest's while the window has the focus, by their places") {
    InputDesk desk;
    desk.press(KEY_A);  // for somebody else
    CHECK(desk.take().empty());
    desk.focus();
    CHECK(desk.take().empty());
    desk.press(KEY_A);
    CHECK(desk.take() == Lines{"key 30 down", "frame"});
    desk.release(KEY_A);
    CHECK(desk.take() == Lines{"key 30 up", "frame"});
}

TEST_CASE("a key reaches the guest in the loop's turn in which it arrives") {
    InputDesk desk;
    desk.focus();
    desk.desk.compositor.with([](Server& server) { server.seat->key(KEY_A, true); });
    while (!desk.desk.loop.dispatch(Nanoseconds{1'000'000})) {
    }
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_A});
}

TEST_CASE("keys that were pressed before the focus came are not the guest's") {
    InputDesk desk;
    // Alt+Tab brought the user here.
    desk.focus({KEY_LEFTALT, KEY_TAB});
    desk.release(KEY_TAB);
    desk.release(KEY_LEFTALT);
    CHECK(desk.take().empty());
    desk.press(KEY_LEFTALT);
    CHECK(desk.take() == Lines{"key 56 down", "frame"});
}

TEST_CASE("nothing stays down when the focus goes") {
    InputDesk desk;
    desk.focus();
    desk.press(KEY_LEFTSHIFT);
    desk.press(KEY_A);
    static_cast<void>(desk.take());
    desk.blur();
    CHECK(desk.take() == Lines{"release keys", "frame"});
    CHECK_FALSE(desk.input.anything_down());
    // Released while somebody else had the focus.
    desk.focus();
    desk.press(KEY_A);
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_A});
}

TEST_CASE("nothing stays down when the keyboard, the seat or the compositor goes") {
    InputDesk desk;
    desk.focus();
    desk.press(KEY_A);
    SUBCASE("the keyboard") {
        desk.desk.compositor.set_seat_capabilities(1);
    }
    SUBCASE("the seat") {
        desk.desk.compositor.remove_seat();
    }
    SUBCASE("the compositor") {
        desk.desk.compositor.disconnect();
    }
    SUBCASE("the presenter") {
        desk.desk.presenter.reset();
    }
    desk.desk.settle();
    CHECK_FALSE(desk.input.anything_down());
    CHECK_FALSE(desk.input.unframed);
    CHECK(desk.input.events.back() == "frame");
}

TEST_CASE("a seat that comes again types again") {
    InputDesk desk;
    desk.focus();
    desk.press(KEY_A);
    desk.desk.compositor.remove_seat();
    desk.desk.settle();
    desk.desk.compositor.add_seat();
    desk.desk.settle();
    desk.focus();
    desk.press(KEY_B);
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_B});
}

TEST_CASE("two users type, and one who leaves releases only his own keys") {
    InputDesk desk;
    desk.focus();
    desk.other_user([](SeatGlobal& seat, Surface& surface) { seat.keyboard_enter(surface); });
    desk.press(KEY_A);
    desk.press(KEY_LEFTSHIFT);
    desk.other_user([](SeatGlobal& seat, Surface&) {
        seat.key(KEY_LEFTSHIFT, true);
        seat.key(KEY_B, true);
    });
    static_cast<void>(desk.take());
    desk.blur();
    CHECK(desk.take() == Lines{"key 30 up", "frame"});
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_LEFTSHIFT, KEY_B});
    desk.server([](Server& server) { server.other_seat.reset(); });
    CHECK_FALSE(desk.input.anything_down());
}

TEST_CASE("a hundred keys at once are a hundred keys") {
    InputDesk desk;
    desk.focus();
    for (uint32_t code = 1; code <= 100; ++code) {
        // Not Ctrl and Alt: with those, F and G are the window's.
        desk.press(code + 200);
    }
    CHECK(desk.input.keys.size() == 100);
    desk.blur();
    CHECK_FALSE(desk.input.anything_down());
}

TEST_CASE("a repeat is nothing, and neither is a second press") {
    InputDesk desk;
    desk.focus();
    desk.press(KEY_A);
    static_cast<void>(desk.take());
    desk.press(KEY_A);
    desk.user([](SeatGlobal& seat, Surface&) {
        seat.key_state(KEY_A, 2);  // wl_keyboard 10: repeated
        seat.modifiers(5);
    });
    desk.release(KEY_B);  // that was never down
    CHECK(desk.take().empty());
}

TEST_CASE("a keymap that is no keymap changes nothing, and its descriptor is closed") {
    CompositorOptions options = with_input();
    options.keymap = std::string(5000, '\xff');
    InputDesk desk{options};
    desk.focus();
    const size_t before = descriptors();
    for (int i = 0; i < 5; ++i) {
        desk.desk.compositor.set_seat_capabilities(1);
        desk.desk.settle();
        desk.desk.compositor.set_seat_capabilities(3);
        desk.desk.settle();
    }
    CHECK(descriptors() == before);
    desk.focus();
    desk.press(KEY_A);
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_A});
}

TEST_CASE("each window's keys go to the one guest, and the focus moves without a key left") {
    InputDesk desk{with_input(), presenter_options(InputDesk::kSize, wayland::PathChoice::kShm, 2)};
    desk.focus({}, 0);
    desk.press(KEY_A);
    desk.focus({KEY_A}, 1);
    CHECK_FALSE(desk.input.anything_down());
    desk.press(KEY_B);
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_B});
}

TEST_CASE("keyboards of every version of wl_seat type") {
    for (uint32_t version = 1; version <= 8; ++version) {
        CAPTURE(version);
        CompositorOptions options = with_input();
        options.wl_seat = version;
        InputDesk desk{options};
        CHECK(desk.state().bound.at("wl_seat") == version);
        desk.focus();
        desk.press(KEY_A);
        CHECK(desk.take() == Lines{"key 30 down", "frame"});
    }
}

TEST_CASE("a VM without input devices has a window that can be typed on all the same") {
    PresenterDesk desk{with_input()};
    GuestPicture picture{{320, 200}};
    desk.show(picture);
    desk.compositor.with([](Server& server) {
        server.seat->keyboard_enter(server.input_surface(0));
        server.seat->enter(server.input_surface(0), 5, 5);
        server.seat->button(BTN_LEFT, true);
        for (const auto code : std::initializer_list<uint32_t>{KEY_LEFTCTRL, KEY_LEFTALT, KEY_F}) {
            server.seat->key(code, true);
        }
    });
    desk.settle();
    const State state = desk.state();
    CHECK(state.shortcuts_inhibited.empty());
    CHECK(state.constraints.empty());
    CHECK(state.windows.at(0).fullscreen_requested);
}

TEST_CASE("Ctrl+Alt+F makes the window full screen, and a window again") {
    InputDesk desk;
    desk.focus();
    desk.press(KEY_LEFTCTRL);
    desk.press(KEY_LEFTALT);
    desk.press(KEY_F);
    CHECK(desk.state().windows.at(0).fullscreen_requested);
    desk.release(KEY_F);
    desk.press(KEY_F);
    CHECK_FALSE(desk.state().windows.at(0).fullscreen_requested);
    desk.release(KEY_F);
    CHECK(desk.take() == Lines{"key 29 down", "frame", "key 56 down", "frame"});
    CHECK(desk.input.keys == std::set<uint32_t>{KEY_LEFTCTRL, KEY_LEFTALT});
}

}  // namespace oriel::test
