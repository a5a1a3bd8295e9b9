// SPDX-License-Identifier: MIT
#include "input/router.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <linux/input.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace oriel::input {
namespace {

using Events = std::vector<Event>;
constexpr Event kSyn{EV_SYN, SYN_REPORT, 0};

/// Keeps what it gets.
class RecordingTarget final : public EventTarget {
public:
    [[nodiscard]] bool ready() const override { return is_ready; }
    [[nodiscard]] Hearing hearing() const override { return is_ready ? hears : Hearing::kNobody; }
    [[nodiscard]] uint64_t life() const override { return resets; }
    void event(const Event& event) override { events.push_back(event); }
    void sync(TimePoint since) override {
        events.push_back(kSyn);
        last_since = since;
    }
    Events take() { return std::exchange(events, {}); }

    bool is_ready = true;
    Hearing hears = Hearing::kDriver;
    uint64_t resets = 0;
    Events events;
    TimePoint last_since{};
};

std::optional<ScreenArea> two_screens(ScanoutId scanout) {
    if (scanout > 1) {
        return std::nullopt;
    }
    return ScreenArea{{static_cast<int32_t>(scanout) * 1024, 0}, {1024, 512}};
}

struct Rig {
    ManualClock clock;
    RecordingTarget keyboard;
    RecordingTarget ps2_keyboard;
    RecordingTarget pointer;
    RecordingTarget ps2_tablet;
    RecordingTarget mouse;
    RecordingTarget touch;
    InputRouter router{clock,
                       two_screens,
                       {.keyboards = {&keyboard, &ps2_keyboard},
                        .pointers = {&pointer, &ps2_tablet},
                        .mice = {&mouse},
                        .touch = &touch}};
};

TEST_CASE("a frame's events go to the first device that is ready, with the time of the first") {
    Rig rig;
    const TimePoint start = rig.clock.now();
    rig.router.key(KEY_A, true);
    rig.clock.advance(Nanoseconds{500});
    rig.router.key(KEY_B, true);
    rig.router.frame();
    CHECK(rig.keyboard.take() == Events{{EV_KEY, KEY_A, 1}, {EV_KEY, KEY_B, 1}, kSyn});
    CHECK(rig.keyboard.last_since == start);
    CHECK(rig.ps2_keyboard.take().empty());
    rig.router.frame();
    CHECK(rig.keyboard.take().empty());
    CHECK(rig.router.stats().calls == 2);
}

TEST_CASE("a release goes where the press went, whatever became ready meanwhile") {
    Rig rig;
    rig.keyboard.is_ready = false;
    rig.router.key(KEY_A, true);
    rig.router.frame();
    rig.keyboard.is_ready = true;
    rig.router.key(KEY_A, false);
    rig.router.frame();
    CHECK(rig.ps2_keyboard.take() == Events{{EV_KEY, KEY_A, 1}, kSyn, {EV_KEY, KEY_A, 0}, kSyn});
    CHECK(rig.keyboard.take().empty());
}

TEST_CASE("a second press and the release of what isn't down are dropped") {
    Rig rig;
    rig.router.key(KEY_A, true);
    rig.router.key(KEY_A, true);
    rig.router.key(KEY_B, false);
    rig.router.key(70'000, true);
    rig.router.frame();
    CHECK(rig.keyboard.take() == Events{{EV_KEY, KEY_A, 1}, kSyn});
}

TEST_CASE("what nobody takes is counted, and its release is none") {
    Rig rig;
    rig.keyboard.is_ready = rig.ps2_keyboard.is_ready = false;
    CHECK_FALSE(rig.router.takes_keys());
    rig.router.key(KEY_A, true);
    rig.keyboard.is_ready = true;
    rig.router.key(KEY_A, false);
    rig.router.frame();
    CHECK(rig.keyboard.take().empty());
    CHECK(rig.router.stats().undelivered == 1);
}

TEST_CASE("lost focus releases all keys, a lost pointer all buttons") {
    Rig rig;
    for (uint16_t code = KEY_ESC; code <= 100; ++code) {
        rig.router.key(code, true);
    }
    rig.router.button(BTN_LEFT, true);
    rig.router.button(BTN_SIDE, true);
    rig.router.frame();
    rig.keyboard.take();
    rig.pointer.take();
    rig.router.release_keys();
    const Events keys = rig.keyboard.take();
    CHECK(keys.size() == 101);
    CHECK(keys.back() == kSyn);
    CHECK(rig.pointer.take().empty());
    rig.router.release_buttons();
    CHECK(rig.pointer.take() == Events{{EV_KEY, BTN_LEFT, 0}, {EV_KEY, BTN_SIDE, 0}, kSyn});
    rig.router.release_keys();
    CHECK(rig.keyboard.take().empty());
}

TEST_CASE("a place on any screen is one on the whole desktop") {
    Rig rig;
    rig.router.pointer_at({0, 512, 256});
    rig.router.frame();
    CHECK(rig.pointer.take() == Events{{EV_ABS, ABS_X, 8192}, {EV_ABS, ABS_Y, 16384}, kSyn});
    rig.router.pointer_at({1, 512, 0});
    rig.router.frame();
    CHECK(rig.pointer.take() == Events{{EV_ABS, ABS_X, 24576}, {EV_ABS, ABS_Y, 0}, kSyn});
    rig.router.pointer_at({7, 1, 1});
    rig.router.frame();
    CHECK(rig.pointer.take().empty());
}

TEST_CASE("relative motion keeps its fractions; buttons and wheels follow what moved last") {
    Rig rig;
    rig.router.pointer_at({0, 0, 0});
    rig.router.button(BTN_LEFT, true);
    rig.router.button(BTN_LEFT, false);
    rig.router.frame();
    CHECK(rig.pointer.take().size() == 5);
    int32_t sum = 0;
    for (int i = 0; i < 10; ++i) {
        rig.router.pointer_moved(0.25, -0.5);
        rig.router.frame();
        for (const Event& event : rig.mouse.take()) {
            sum += event.type == EV_REL && event.code == REL_Y ? event.value : 0;
        }
    }
    CHECK(sum == -5);
    rig.router.button(BTN_RIGHT, true);
    rig.router.frame();
    CHECK(rig.mouse.take() == Events{{EV_KEY, BTN_RIGHT, 1}, kSyn});
    rig.router.pointer_moved(std::numeric_limits<double>::quiet_NaN(), 1e300);
    rig.router.frame();
    CHECK(rig.mouse.take().size() == 2);
    CHECK(rig.pointer.take().empty());
}

TEST_CASE("without a relative mouse a locked pointer moves the absolute one") {
    Rig rig;
    rig.mouse.is_ready = false;
    rig.router.pointer_at({0, 100, 100});
    rig.router.frame();
    rig.pointer.take();
    rig.router.pointer_moved(28, -1000);
    rig.router.frame();
    CHECK(rig.pointer.take() == Events{{EV_ABS, ABS_X, 2048}, {EV_ABS, ABS_Y, 0}, kSyn});
}

TEST_CASE("positions are taken unless only a relative mouse is there") {
    Rig rig;
    CHECK(rig.router.takes_positions());
    rig.pointer.is_ready = false;
    CHECK(rig.router.takes_positions());
    rig.ps2_tablet.is_ready = false;
    CHECK_FALSE(rig.router.takes_positions());
    rig.mouse.is_ready = false;
    CHECK(rig.router.takes_positions());
    CHECK_FALSE(rig.router.takes_motion());
    CHECK_FALSE(rig.router.takes_buttons());
}

TEST_CASE("a wheel is told in 120ths and in whole notches") {
    Rig rig;
    rig.router.wheel({.vertical = 120});
    rig.router.frame();
    CHECK(rig.pointer.take() ==
          Events{{EV_REL, REL_WHEEL_HI_RES, -120}, {EV_REL, REL_WHEEL, -1}, kSyn});
    rig.router.wheel({.vertical = -30, .horizontal = 250});
    rig.router.frame();
    CHECK(rig.pointer.take() == Events{{EV_REL, REL_WHEEL_HI_RES, 30},
                                       {EV_REL, REL_HWHEEL_HI_RES, 250},
                                       {EV_REL, REL_HWHEEL, 2},
                                       kSyn});
    for (int i = 0; i < 2; ++i) {
        rig.router.wheel({.vertical = -30});
        rig.router.frame();
        CHECK(rig.pointer.take().size() == 2);
    }
    rig.router.wheel({.vertical = -30});
    rig.router.frame();
    CHECK(rig.pointer.take() ==
          Events{{EV_REL, REL_WHEEL_HI_RES, 30}, {EV_REL, REL_WHEEL, 1}, kSyn});
}

TEST_CASE("half a notch counts for nothing once the wheel turns back") {
    Rig rig;
    rig.router.wheel({.vertical = 100});
    rig.router.wheel({.vertical = -50});
    rig.router.frame();
    CHECK(rig.pointer.take().size() == 3);
    rig.router.wheel({.vertical = -70});
    rig.router.frame();
    CHECK(rig.pointer.take() ==
          Events{{EV_REL, REL_WHEEL_HI_RES, 70}, {EV_REL, REL_WHEEL, 1}, kSyn});
    rig.router.wheel({.vertical = std::numeric_limits<int32_t>::min()});
    rig.router.frame();
}

TEST_CASE("fingers have slots, the oldest one is the pointer") {
    Rig rig;
    rig.router.touch_at(5, {0, 512, 0});
    rig.router.frame();
    CHECK(rig.touch.take() == Events{{EV_ABS, ABS_MT_SLOT, 0},
                                     {EV_ABS, ABS_MT_TRACKING_ID, 0},
                                     {EV_ABS, ABS_MT_TOOL_TYPE, MT_TOOL_FINGER},
                                     {EV_ABS, ABS_MT_POSITION_X, 8192},
                                     {EV_ABS, ABS_MT_POSITION_Y, 0},
                                     {EV_ABS, ABS_X, 8192},
                                     {EV_ABS, ABS_Y, 0},
                                     {EV_KEY, BTN_TOUCH, 1},
                                     kSyn});
    rig.router.touch_at(-3, {0, 0, 0});
    rig.router.touch_up(5);
    rig.router.frame();
    const Events second = rig.touch.take();
    CHECK(second[0] == Event{EV_ABS, ABS_MT_SLOT, 1});
    CHECK(second[1] == Event{EV_ABS, ABS_MT_TRACKING_ID, 1});
    CHECK(second[second.size() - 2] == Event{EV_ABS, ABS_MT_TRACKING_ID, -1});
    rig.router.touch_up(5);
    rig.router.touch_up(-3);
    rig.router.frame();
    CHECK(rig.touch.take() == Events{{EV_ABS, ABS_MT_SLOT, 1},
                                     {EV_ABS, ABS_MT_TRACKING_ID, -1},
                                     {EV_KEY, BTN_TOUCH, 0},
                                     kSyn});
}

TEST_CASE("an eleventh finger is ignored") {
    Rig rig;
    for (int i = 0; i < 11; ++i) {
        rig.router.touch_at(i, {0, 1, 1});
    }
    rig.router.frame();
    rig.touch.take();
    rig.router.touch_at(10, {0, 5, 5});
    rig.router.frame();
    CHECK(rig.touch.take() == Events{kSyn});
    rig.router.touch_up(10);
    rig.router.frame();
    CHECK(rig.touch.take() == Events{kSyn});
}

TEST_CASE("cancelled touches become palms before they go") {
    Rig rig;
    rig.router.touch_at(1, {0, 1, 1});
    rig.router.touch_at(2, {0, 1, 1});
    rig.router.frame();
    rig.touch.take();
    rig.router.touch_cancelled();
    const Events events = rig.touch.take();
    CHECK(events[1] == Event{EV_ABS, ABS_MT_TOOL_TYPE, MT_TOOL_PALM});
    CHECK(events[4] == kSyn);
    CHECK(events[events.size() - 2] == Event{EV_KEY, BTN_TOUCH, 0});
    rig.router.touch_cancelled();
    CHECK(rig.touch.take().empty());
}

TEST_CASE("without a touch screen the first finger is the left button") {
    Rig rig;
    rig.touch.is_ready = false;
    rig.router.touch_at(1, {0, 512, 0});
    rig.router.touch_at(2, {0, 0, 0});
    rig.router.frame();
    CHECK(rig.pointer.take() ==
          Events{{EV_ABS, ABS_X, 8192}, {EV_ABS, ABS_Y, 0}, {EV_KEY, BTN_LEFT, 1}, kSyn});
    rig.router.touch_up(2);
    rig.router.touch_at(1, {0, 0, 0});
    rig.router.touch_up(1);
    rig.router.frame();
    CHECK(rig.pointer.take() ==
          Events{{EV_ABS, ABS_X, 0}, {EV_ABS, ABS_Y, 0}, {EV_KEY, BTN_LEFT, 0}, kSyn});
    rig.router.touch_at(1, {0, 0, 0});
    rig.router.touch_cancelled();
    CHECK(rig.pointer.take().back() == kSyn);
}

TEST_CASE("what can wake a machine that sleeps gets the input, whoever else is there") {
    Rig rig;
    rig.router.pointer_at({0, 1, 1});
    rig.router.frame();
    rig.pointer.take();
    rig.ps2_keyboard.hears = rig.ps2_tablet.hears = Hearing::kWakes;
    rig.router.key(KEY_A, true);
    rig.router.button(BTN_LEFT, true);
    rig.router.pointer_at({0, 2, 2});
    rig.router.frame();
    CHECK(rig.keyboard.take().empty());
    CHECK(rig.pointer.take().empty());
    CHECK(rig.ps2_keyboard.take() == Events{{EV_KEY, KEY_A, 1}, kSyn});
    CHECK(rig.ps2_tablet.take().size() == 4);
    // A tap on a touch screen is a click.
    rig.router.button(BTN_LEFT, false);
    rig.router.touch_at(1, {0, 3, 3});
    rig.router.frame();
    CHECK(rig.touch.take().empty());
    CHECK(rig.ps2_tablet.take().back() == kSyn);
}

TEST_CASE("a driver that takes nothing gets what nobody else takes, and is not said to hear") {
    Rig rig;
    rig.keyboard.hears = Hearing::kSlow;
    rig.router.key(KEY_A, true);
    rig.router.frame();
    CHECK(rig.keyboard.take().empty());
    CHECK(rig.ps2_keyboard.take().size() == 2);
    CHECK(rig.router.takes_keys());
    rig.ps2_keyboard.is_ready = false;
    rig.router.key(KEY_B, true);
    rig.router.frame();
    CHECK(rig.keyboard.take().size() == 2);
    CHECK_FALSE(rig.router.takes_keys());
    rig.touch.hears = rig.pointer.hears = rig.mouse.hears = Hearing::kSlow;
    rig.ps2_tablet.is_ready = false;
    CHECK_FALSE(rig.router.takes_buttons());
    CHECK_FALSE(rig.router.takes_motion());
    CHECK_FALSE(rig.router.takes_touch());
}

TEST_CASE("a finger from before a reset is not told of until it is down again") {
    Rig rig;
    rig.router.touch_at(1, {0, 1, 1});
    rig.router.touch_at(2, {0, 2, 2});
    rig.router.frame();
    rig.touch.take();
    ++rig.touch.resets;
    rig.router.touch_at(1, {0, 3, 3});
    rig.router.frame();
    CHECK(rig.touch.take() == Events{kSyn});
    // A new one is told of as a whole, and is the pointer.
    rig.router.touch_at(3, {0, 512, 0});
    rig.router.frame();
    const Events fresh = rig.touch.take();
    CHECK(std::count(fresh.begin(), fresh.end(), Event{EV_ABS, ABS_X, 8192}) == 1);
    CHECK(std::count_if(fresh.begin(), fresh.end(), [](const Event& event) {
              return event.code == ABS_MT_TRACKING_ID && event.value >= 0;
          }) == 1);
    rig.router.touch_up(1);
    rig.router.frame();
    CHECK(rig.touch.take() == Events{kSyn});
    SUBCASE("lifted and down again") {
        rig.router.touch_at(1, {0, 3, 3});
        rig.router.frame();
        CHECK(rig.touch.take().size() > 5);
    }
    SUBCASE("cancelled") {
        rig.router.touch_cancelled();
        const Events events = rig.touch.take();
        CHECK(std::count_if(events.begin(), events.end(), [](const Event& event) {
                  return event.code == ABS_MT_TRACKING_ID && event.value == -1;
              }) == 1);
        rig.router.touch_cancelled();
        CHECK(rig.touch.take().empty());
    }
}

TEST_CASE("a finger stays what it began as, whatever comes or goes meanwhile") {
    Rig rig;
    SUBCASE("the left button") {
        rig.touch.is_ready = false;
        rig.router.touch_at(1, {0, 1, 1});
        rig.router.frame();
        rig.pointer.take();
        rig.touch.is_ready = true;
        rig.router.touch_at(1, {0, 2, 2});
        rig.router.touch_up(1);
        rig.router.frame();
        CHECK(rig.touch.take().empty());
        CHECK(rig.pointer.take().size() == 4);
    }
    SUBCASE("a touch") {
        rig.router.touch_at(1, {0, 1, 1});
        rig.router.frame();
        rig.touch.take();
        rig.touch.is_ready = false;
        ++rig.touch.resets;
        rig.router.touch_at(1, {0, 2, 2});
        rig.router.touch_up(1);
        rig.router.frame();
        CHECK(rig.pointer.take().empty());
        CHECK(rig.touch.take() == Events{kSyn});
    }
}

TEST_CASE("a key that a reset has released can be pressed again") {
    Rig rig;
    rig.router.key(KEY_A, true);
    rig.router.frame();
    rig.keyboard.take();
    ++rig.keyboard.resets;
    rig.router.key(KEY_A, true);
    rig.router.frame();
    CHECK(rig.keyboard.take() == Events{{EV_KEY, KEY_A, 1}, kSyn});
    rig.router.key(KEY_A, true);
    rig.router.frame();
    CHECK(rig.keyboard.take().empty());
}

}  // namespace
}  // namespace oriel::input
