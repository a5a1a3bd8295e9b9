// SPDX-License-Identifier: MIT
#include "seat/wheel.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

using oriel::WheelTurn;
using oriel::wayland::WheelCounter;

TEST_CASE("a notch is 120, whichever way the compositor says it") {
    WheelCounter wheel;
    wheel.scrolled(0, 10);
    CHECK(wheel.take().vertical == 120);
    wheel.notches(0, 2);
    wheel.scrolled(0, 20);
    CHECK(wheel.take().vertical == 240);
    wheel.parts(0, -30);
    wheel.scrolled(0, -2.5);
    CHECK(wheel.take().vertical == -30);
    CHECK(wheel.take().vertical == 0);
}

TEST_CASE("both axes count, others don't") {
    WheelCounter wheel;
    wheel.parts(1, 120);
    wheel.scrolled(0, 5);
    wheel.parts(2, 120);
    wheel.scrolled(7, 10);
    wheel.stopped(9);
    const WheelTurn turn = wheel.take();
    CHECK(turn.vertical == 60);
    CHECK(turn.horizontal == 120);
}

TEST_CASE("a touchpad's small distances add up, until the finger is lifted") {
    WheelCounter wheel;
    int32_t sum = 0;
    for (int i = 0; i < 1000; ++i) {
        wheel.scrolled(0, 0.01);
        sum += wheel.take().vertical;
    }
    CHECK(sum >= 119);
    CHECK(sum <= 120);

    wheel.scrolled(1, 0.07);
    CHECK(wheel.take().horizontal == 0);
    wheel.stopped(1);
    wheel.scrolled(1, 0.07);
    CHECK(wheel.take().horizontal == 0);
}

TEST_CASE("absurd turns stay numbers") {
    WheelCounter wheel;
    for (int i = 0; i < 3; ++i) {
        wheel.parts(0, std::numeric_limits<int32_t>::max());
        wheel.notches(1, std::numeric_limits<int32_t>::min());
    }
    WheelTurn turn = wheel.take();
    CHECK(turn.vertical == 120'000);
    CHECK(turn.horizontal == -120'000);
    wheel.scrolled(0, 1e300);
    turn = wheel.take();
    CHECK(turn.vertical == 120'000);
}
