// SPDX-License-Identifier: MIT
// The user's pointer in the guest.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <cstdint>

#include "input_desk.h"

namespace oriel::test {
namespace {

CompositorOptions seat_version(uint32_t version) {
    CompositorOptions options = with_input();
    options.wl_seat = version;
    return options;
}

}  // namespace

TEST_CASE("the pointer is where the user has it, in guest px") {
    InputDesk desk;
    desk.point(10, 20);
    CHECK(desk.take() == Lines{"at 0: 10,20", "frame"});
    desk.move(319.5, 0.25);
    CHECK(desk.take() == Lines{"at 0: 319.5,0.25", "frame"});
    desk.resize({640, 400});
    desk.move(639, 399);
    CHECK(desk.take() == Lines{"at 0: 319.5,199.5", "frame"});
}

TEST_CASE("at a fractional scale the pointer is on the px that the user sees it on") {
    for (const uint32_t n120 : {128U, 150U, 180U, 210U}) {
        CAPTURE(n120);
        CompositorOptions options = with_input();
        options.scale_n120 = n120;
        InputDesk desk{options};
        desk.point(0, 0);
        CHECK(desk.input.at.x == 0);
        // The middle of the output's px 200,100, which is the guest's.
        desk.move(200.5 * 120 / n120, 100.5 * 120 / n120);
        CHECK(static_cast<int>(desk.input.at.x) == 200);
        CHECK(static_cast<int>(desk.input.at.y) == 100);
    }
}

TEST_CASE(
    "however many motions a frame has, the guest hears of one, before what is clicked there") {
    InputDesk desk;
    desk.point(10, 20);
    static_cast<void>(desk.take());
    desk.user([](SeatGlobal& seat, Surface&) {
        seat.motions_around_press(BTN_LEFT, {{11, 20}, {12, 21}, {13, 22}}, {{14, 22}, {15, 23}});
    });
    CHECK(desk.take() == Lines{"at 0: 13,22", "button 272 down", "at 0: 15,23", "frame"});
    SUBCASE("what it can't be locked for it hears as one movement") {
        InputDesk other{CompositorOptions{}};
        other.input.positions = false;
        other.point(10, 10);
        static_cast<void>(other.take());
        other.user([](SeatGlobal& seat, Surface&) {
            seat.motions_around_press(BTN_LEFT, {{11, 10}, {13, 11}, {16, 13}}, {});
        });
        CHECK(other.take() == Lines{"moved 6,3", "button 272 down", "frame"});
    }
    SUBCASE("where events have no frames each is one") {
        InputDesk other{seat_version(4)};
        other.point(10, 10);
        static_cast<void>(other.take());
        other.user([](SeatGlobal& seat, Surface&) {
            seat.motions_around_press(BTN_LEFT, {{11, 10}, {13, 11}}, {});
        });
        CHECK(other.take() ==
              Lines{"at 0: 11,10", "frame", "at 0: 13,11", "frame", "button 272 down", "frame"});
    }
}

TEST_CASE("beside the picture the guest's pointer is at the edge, and clicks are nobody's") {
    CompositorOptions options = with_input();
    options.strict_buffers = false;  // a cursor theme's arrow
    InputDesk desk{options};
    desk.resize({640, 600});  // 100 black rows above and below
    desk.point(64, 50);
    CHECK(desk.take() == Lines{"at 0: 32,0", "frame"});
    desk.click(BTN_LEFT);
    desk.user([](SeatGlobal& seat, Surface&) { seat.wheel(0, 120); });
    CHECK(desk.take().empty());
    desk.move(64, 550);
    CHECK(desk.take() == Lines{"at 0: 32,200", "frame"});
    desk.move(64, 499);
    desk.click(BTN_LEFT);
    CHECK(desk.take() ==
          Lines{"at 0: 32,199.5", "frame", "button 272 down", "frame", "button 272 up", "frame"});
}

TEST_CASE("a drag that began on the picture goes on beside it") {
    CompositorOptions options = with_input();
    options.strict_buffers = false;
    InputDesk desk{options};
    desk.resize({640, 600});
    desk.point(64, 300);
    desk.button(BTN_LEFT, true);
    static_cast<void>(desk.take());
    desk.move(-100, -100);  // the compositor's implicit grab
    CHECK(desk.take() == Lines{"at 0: 0,0", "frame"});
    desk.button(BTN_RIGHT, true);
    CHECK(desk.input.buttons == std::set<uint32_t>{BTN_LEFT, BTN_RIGHT});
    desk.button(BTN_LEFT, false);
    desk.button(BTN_RIGHT, false);
    CHECK_FALSE(desk.input.anything_down());
}

TEST_CASE("all buttons of a mouse are the guest's") {
    InputDesk desk;
    desk.point(10, 10);
    static_cast<void>(desk.take());
    for (uint32_t code = BTN_LEFT; code <= BTN_TASK; ++code) {
        desk.button(code, true);
        CHECK(desk.input.buttons == std::set<uint32_t>{code});
        desk.button(code, false);
    }
    CHECK_FALSE(desk.input.anything_down());
}

TEST_CASE("no button stays down when the pointer, the seat or the compositor goes") {
    InputDesk desk;
    desk.point(10, 10);
    desk.button(BTN_LEFT, true);
    SUBCASE("the pointer leaves") {
        desk.desk.compositor.pointer_leave();
    }
    SUBCASE("the mouse") {
        desk.desk.compositor.set_seat_capabilities(2);
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
}

TEST_CASE("one user's drag goes on when another one's pointer leaves") {
    InputDesk desk;
    desk.point(10, 10);
    desk.button(BTN_LEFT, true);
    desk.other_user([](SeatGlobal& seat, Surface& surface) {
        seat.enter(surface, 5, 5);
        seat.button(BTN_LEFT, true);
        seat.button(BTN_RIGHT, true);
        seat.leave();
    });
    CHECK(desk.input.buttons == std::set<uint32_t>{BTN_LEFT});
    desk.button(BTN_LEFT, false);
    CHECK_FALSE(desk.input.anything_down());
}

TEST_CASE("a wheel's notch is 120 with every version of wl_pointer") {
    for (const uint32_t version : {1U, 4U, 5U, 7U, 8U}) {
        CAPTURE(version);
        InputDesk desk{seat_version(version)};
        desk.point(10, 10);
        static_cast<void>(desk.take());
        desk.user([](SeatGlobal& seat, Surface&) {
            seat.wheel(0, 120);
            seat.wheel(1, -240);
        });
        CHECK(desk.take() == Lines{"wheel 120,0", "frame", "wheel 0,-240", "frame"});
    }
}

TEST_CASE("a high-resolution wheel turns by less than a notch") {
    InputDesk desk{seat_version(8)};
    desk.point(10, 10);
    static_cast<void>(desk.take());
    for (int i = 0; i < 8; ++i) {
        desk.user([](SeatGlobal& seat, Surface&) { seat.wheel(0, 15); });
    }
    CHECK(desk.input.turned.vertical == 120);
    CHECK(desk.input.events.front() == "wheel 15,0");
}

TEST_CASE("a touchpad scrolls in small parts, and nothing of a lost scroll is left for the next") {
    InputDesk desk;
    desk.point(10, 10);
    static_cast<void>(desk.take());
    desk.user([](SeatGlobal& seat, Surface&) {
        seat.scroll(0, 2.5);
        seat.scroll_stop(0);
    });
    CHECK(desk.take() == Lines{"wheel 30,0", "frame"});
}

TEST_CASE("events of one frame are the guest's in one frame") {
    InputDesk desk;
    desk.point(10, 10);
    static_cast<void>(desk.take());
    desk.user([](SeatGlobal& seat, Surface&) { seat.motion(20, 20); });
    desk.desk.compositor.set_seat_capabilities(7);
    CHECK(desk.take() == Lines{"at 0: 20,20", "frame"});
}

TEST_CASE("pointers before wl_pointer.frame have frames all the same") {
    InputDesk desk{seat_version(3)};
    desk.point(10, 10);
    desk.button(BTN_LEFT, true);
    CHECK(desk.take() == Lines{"at 0: 10,10", "frame", "button 272 down", "frame"});
    CHECK_FALSE(desk.input.unframed);
}

TEST_CASE("the pointer of each window is on its own screen") {
    InputDesk desk{with_input(), presenter_options(InputDesk::kSize, wayland::PathChoice::kShm, 2)};
    desk.desk.show(desk.picture, 1);
    desk.point(10, 10, 0);
    CHECK(desk.input.at.scanout == 0);
    desk.point(20, 30, 1);
    CHECK(desk.input.at.scanout == 1);
    CHECK(desk.input.at.y == 30);
}

TEST_CASE("a window that is black has no places, no clicks, and the desktop's arrow") {
    CompositorOptions options = with_input();
    options.strict_buffers = false;
    InputDesk desk{options};
    desk.desk.presenter->detach(0);
    desk.desk.settle();
    desk.point(10, 10);
    desk.click(BTN_LEFT);
    CHECK(desk.take().empty());
    CHECK_FALSE(desk.state().cursor.hidden);
}

TEST_CASE("windows of absurd sizes have places") {
    CompositorOptions options = with_input();
    options.strict_buffers = false;
    InputDesk desk{options};
    desk.resize({1, 1});
    desk.point(0.5, 0.5);
    CHECK(desk.input.at.x == 160);
    desk.resize({16384, 16384});
    desk.move(16383.75, 8192);
    CHECK(static_cast<int>(desk.input.at.x) == 319);
    CHECK(desk.input.at.y == 100);
}

TEST_CASE("a window whose output vanishes is pointed at and typed on as before") {
    InputDesk desk;
    desk.focus();
    desk.point(10, 10);
    desk.press(KEY_A);
    desk.desk.compositor.remove_output("TEST-1");
    desk.desk.settle();
    desk.move(20, 20);
    desk.release(KEY_A);
    CHECK(desk.input.at.x == 20);
    CHECK_FALSE(desk.input.anything_down());
}

TEST_CASE("without anything to lock by, a guest that follows movements gets the pointer's") {
    InputDesk desk{{.seat_capabilities = 3}};
    desk.input.positions = false;
    desk.point(10, 10);
    CHECK(desk.take().empty());
    desk.move(15, 8);
    CHECK(desk.take() == Lines{"moved 5,-2", "frame"});
    desk.click(BTN_LEFT);
    CHECK(desk.take() == Lines{"button 272 down", "frame", "button 272 up", "frame"});
}

}  // namespace oriel::test
