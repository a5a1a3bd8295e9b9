// SPDX-License-Identifier: MIT
// The user's fingers in the guest.
#include <doctest/doctest.h>

#include <cstdint>

#include "input_desk.h"

namespace oriel::test {
namespace {

struct TouchDesk : InputDesk {
    using InputDesk::InputDesk;

    void down(int32_t id, double x, double y, size_t window = 0) {
        user([&](SeatGlobal& seat, Surface& surface) { seat.touch_down(surface, id, x, y); },
             window);
    }
    void motion(int32_t id, double x, double y) {
        user([&](SeatGlobal& seat, Surface&) { seat.touch_motion(id, x, y); });
    }
    void up(int32_t id) {
        user([&](SeatGlobal& seat, Surface&) { seat.touch_up(id); });
    }
    void frame() {
        user([](SeatGlobal& seat, Surface&) { seat.touch_frame(); });
    }
};

}  // namespace

TEST_CASE("fingers are where the user has them, and those of one frame come in one") {
    TouchDesk desk;
    desk.down(0, 10, 20);
    desk.down(1, 30, 40);
    desk.frame();
    CHECK(desk.take() == Lines{"touch 0 at 0: 10,20", "touch 1 at 0: 30,40", "frame"});
    desk.motion(1, 31, 41);
    desk.up(0);
    desk.frame();
    CHECK(desk.take() == Lines{"touch 1 at 0: 31,41", "touch 0 up", "frame"});
    desk.frame();  // of nothing
    CHECK(desk.take().empty());
}

TEST_CASE("a finger beside the picture is nobody's, one that leaves it stays at the edge") {
    TouchDesk desk;
    desk.resize({640, 600});
    desk.down(0, 64, 50);
    desk.motion(0, 64, 300);
    desk.frame();
    desk.up(0);
    desk.frame();
    CHECK(desk.take().empty());
    desk.down(0, 64, 300);
    desk.motion(0, 64, 50);
    desk.frame();
    CHECK(desk.take() == Lines{"touch 0 at 0: 32,100", "touch 0 at 0: 32,0", "frame"});
}

TEST_CASE("touches that the compositor takes for itself mean nothing") {
    TouchDesk desk;
    desk.down(0, 10, 20);
    desk.down(1, 30, 40);
    desk.frame();
    static_cast<void>(desk.take());
    desk.user([](SeatGlobal& seat, Surface&) { seat.touch_cancel(); });
    CHECK(desk.take() == Lines{"touch cancelled", "frame"});
    desk.motion(0, 5, 5);
    desk.up(1);
    desk.frame();
    CHECK(desk.take().empty());
    desk.down(7, 10, 20);
    CHECK(desk.input.fingers.size() == 1);
}

TEST_CASE("no finger stays down when the screen, the seat or the compositor goes") {
    TouchDesk desk;
    desk.down(3, 10, 20);
    desk.frame();
    SUBCASE("the screen") {
        desk.desk.compositor.set_seat_capabilities(3);
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

TEST_CASE("fingers on two touch screens are different ones, and one screen may go") {
    TouchDesk desk;
    desk.down(0, 10, 20);
    desk.other_user([](SeatGlobal& seat, Surface& surface) {
        seat.touch_down(surface, 0, 30, 40);
        seat.touch_frame();
    });
    CHECK(desk.input.fingers.size() == 2);
    desk.server([](Server& server) { server.other_seat.reset(); });
    CHECK(desk.input.fingers.size() == 1);
    CHECK(desk.input.fingers.at(0).x == 10);
}

TEST_CASE("many fingers, and one that comes down twice, are no problem") {
    TouchDesk desk;
    for (int32_t id = 0; id < 50; ++id) {
        desk.down(id * 1000 - 7, id, id);
    }
    CHECK(desk.input.fingers.size() == 50);
    desk.down(-7, 100, 100);
    CHECK(desk.input.fingers.size() == 50);
    desk.up(12345);
    CHECK(desk.input.fingers.size() == 50);
}

TEST_CASE("a touch is a click that grabs the keyboard") {
    TouchDesk desk;
    desk.down(0, 10, 20);
    CHECK(desk.inhibited());
}

}  // namespace oriel::test
