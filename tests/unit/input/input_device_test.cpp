// SPDX-License-Identifier: MIT
#include "input/input_device.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <algorithm>
#include <set>

#include "core/event_loop.h"
#include "support/bytes.h"
#include "support/input_guest.h"

namespace oriel::input {
namespace {

using test::InputGuest;

constexpr Event kSyn{EV_SYN, SYN_REPORT, 0};

struct Rig {
    explicit Rig(Kind kind, bool event_index = false)
        : device{loop, kind}, guest{device, event_index} {}
    ManualClock clock;
    EventLoop loop{clock};
    InputDevice device;
    InputGuest guest;

    void key(uint16_t code, int32_t value) { send({{EV_KEY, code, value}}); }
    void send(const std::vector<Event>& events) {
        for (const Event& event : events) {
            device.event(event);
        }
        device.sync(clock.now());
    }
    /// What a guest holds down after all these events.
    static void apply(const std::vector<Event>& events, std::set<uint16_t>& down) {
        for (const Event& event : events) {
            if (event.type == EV_KEY && event.value != 0) {
                down.insert(event.code);
            } else if (event.type == EV_KEY) {
                down.erase(event.code);
            }
        }
    }
};

using Events = std::vector<Event>;

TEST_CASE("a key gets to the guest at once, with one interrupt") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    CHECK(rig.device.ready());
    rig.key(KEY_A, 1);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_A, 1}, kSyn});
    CHECK(rig.guest.interrupts() == 1);
    rig.key(KEY_A, 0);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_A, 0}, kSyn});
    CHECK(rig.device.stats().events == 4);
    CHECK(rig.device.stats().dropped == 0);
    CHECK(rig.device.stats().latency.count() == 2);
}

TEST_CASE("a second press and a release of what isn't down are no events") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    rig.key(KEY_A, 0);
    CHECK(rig.guest.take().empty());
    rig.key(KEY_A, 1);
    rig.key(KEY_A, 1);
    CHECK(rig.guest.take().size() == 2);
}

TEST_CASE("a device sends only what it says that it has") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    rig.send({{EV_KEY, BTN_LEFT, 1}, {EV_REL, REL_X, 1}, {EV_KEY, 0xffff, 1}, {99, 1, 1}});
    CHECK(rig.guest.take().empty());
    CHECK(rig.device.stats().dropped == 4);
}

TEST_CASE("without a driver nothing waits") {
    Rig rig{Kind::kKeyboard};
    rig.key(KEY_A, 1);
    CHECK_FALSE(rig.device.ready());
    rig.guest.start();
    CHECK(rig.guest.take().empty());
    rig.key(KEY_A, 0);
    CHECK(rig.guest.take().empty());
    CHECK(rig.device.stats().dropped == 1);
}

TEST_CASE("what a driver takes back and gives again costs it no kick") {
    Rig rig{Kind::kKeyboard, true};
    rig.guest.start();
    const int kicks = rig.guest.kicks();
    for (int i = 0; i < 1000; ++i) {
        rig.key(KEY_A, 1);
        rig.key(KEY_A, 0);
        CHECK(rig.guest.take().size() == 4);
    }
    CHECK(rig.guest.kicks() == kicks);
}

TEST_CASE("frames wait whole for room, in order, and go out when there is some") {
    Rig rig{Kind::kKeyboard, true};
    rig.guest.start(3);
    rig.key(KEY_A, 1);
    rig.key(KEY_B, 1);
    rig.key(KEY_A, 0);
    CHECK(rig.guest.take(false) == Events{{EV_KEY, KEY_A, 1}, kSyn});
    CHECK(rig.device.waiting() == 4);
    rig.guest.offer(1);
    CHECK(rig.guest.take(false) == Events{{EV_KEY, KEY_B, 1}, kSyn});
    rig.guest.offer(1);
    CHECK(rig.guest.take(false).empty());
    rig.guest.offer(1);
    CHECK(rig.guest.take(false) == Events{{EV_KEY, KEY_A, 0}, kSyn});
    CHECK(rig.device.waiting() == 0);
}

TEST_CASE("a frame that is larger than the ring goes in pieces") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(2, 2);
    rig.send({{EV_KEY, KEY_A, 1}, {EV_KEY, KEY_B, 1}, {EV_KEY, KEY_C, 1}, {EV_KEY, KEY_D, 1}});
    Events got;
    for (int i = 0; i < 4; ++i) {
        const Events some = rig.guest.take();
        got.insert(got.end(), some.begin(), some.end());
    }
    CHECK(
        got ==
        Events{
            {EV_KEY, KEY_A, 1}, {EV_KEY, KEY_B, 1}, {EV_KEY, KEY_C, 1}, {EV_KEY, KEY_D, 1}, kSyn});
}

TEST_CASE("motion that waits is merged: the last place, or the sum of the ways") {
    SUBCASE("absolute") {
        Rig rig{Kind::kPointer};
        rig.guest.start(0);
        for (int i = 1; i <= 5000; ++i) {
            rig.send({{EV_ABS, ABS_X, i}, {EV_ABS, ABS_Y, 2 * i}});
        }
        CHECK(rig.device.waiting() == 3);
        CHECK(rig.device.stats().merged == 4999);
        rig.guest.offer(64);
        CHECK(rig.guest.take() == Events{{EV_ABS, ABS_X, 5000}, {EV_ABS, ABS_Y, 10000}, kSyn});
        CHECK(rig.device.stats().dropped == 0);
    }
    SUBCASE("relative") {
        Rig rig{Kind::kMouse};
        rig.guest.start(0);
        for (int i = 0; i < 5000; ++i) {
            rig.send({{EV_REL, REL_X, 2}});
        }
        rig.send({{EV_REL, REL_Y, -7}});
        rig.guest.offer(64);
        CHECK(rig.guest.take() == Events{{EV_REL, REL_X, 10000}, {EV_REL, REL_Y, -7}, kSyn});
    }
    SUBCASE("but not over a button, and no wheel") {
        Rig rig{Kind::kMouse};
        rig.guest.start(0);
        rig.send({{EV_REL, REL_X, 1}});
        rig.key(BTN_LEFT, 1);
        rig.send({{EV_REL, REL_X, 1}});
        rig.send({{EV_REL, REL_WHEEL, 1}});
        rig.send({{EV_REL, REL_WHEEL, 1}});
        rig.guest.offer(64);
        CHECK(rig.guest.take().size() == 10);
    }
}

TEST_CASE("no key is stuck after a guest that didn't read") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(0);
    std::set<uint16_t> held;
    // Far more than fits: everything is typed, and at the end two keys are down.
    for (int round = 0; round < 100; ++round) {
        for (uint16_t code = KEY_1; code < KEY_1 + 30; ++code) {
            rig.key(code, 1);
            rig.key(code, 0);
        }
    }
    rig.key(KEY_LEFTCTRL, 1);
    rig.key(KEY_X, 1);
    CHECK(rig.device.waiting() <= InputDevice::kMaxBacklog);
    CHECK(rig.device.stats().dropped > 1000);
    rig.guest.offer(64);
    for (Events events = rig.guest.take(); !events.empty(); events = rig.guest.take()) {
        Rig::apply(events, held);
    }
    CHECK(held == std::set<uint16_t>{KEY_LEFTCTRL, KEY_X});
    // And it goes on as if nothing had been.
    rig.key(KEY_X, 0);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_X, 0}, kSyn});
}

TEST_CASE("what was held before a jam and released in it is released after it") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(64);
    std::set<uint16_t> held;
    for (uint16_t code = KEY_1; code < KEY_1 + 20; ++code) {
        rig.key(code, 1);
        Rig::apply(rig.guest.take(false), held);
    }
    CHECK(held.size() == 20);
    for (int i = 0; i < 1000; ++i) {
        rig.key(KEY_SPACE, 1);
        rig.key(KEY_SPACE, 0);
    }
    for (uint16_t code = KEY_1; code < KEY_1 + 20; ++code) {
        rig.key(code, 0);
    }
    rig.guest.offer(32);
    for (Events events = rig.guest.take(); !events.empty(); events = rig.guest.take()) {
        Rig::apply(events, held);
    }
    CHECK(held.empty());
}

TEST_CASE("fingers are where they should be after a jam") {
    Rig rig{Kind::kTouch};
    rig.guest.start(0);
    rig.send({{EV_ABS, ABS_MT_SLOT, 0},
              {EV_ABS, ABS_MT_TRACKING_ID, 7},
              {EV_ABS, ABS_MT_POSITION_X, 1},
              {EV_KEY, BTN_TOUCH, 1}});
    for (int i = 0; i < 2000; ++i) {
        rig.send({{EV_ABS, ABS_MT_SLOT, i % 3}, {EV_ABS, ABS_MT_POSITION_X, i + 2}});
    }
    rig.send({{EV_ABS, ABS_MT_SLOT, 0}, {EV_ABS, ABS_MT_TRACKING_ID, -1}});
    rig.send({{EV_ABS, ABS_MT_SLOT, 2}, {EV_ABS, ABS_MT_TRACKING_ID, 9}});
    rig.guest.offer(64);
    std::array<int32_t, 10> ids{};
    ids.fill(-1);
    size_t slot = 0;
    int32_t x = 0;
    for (Events events = rig.guest.take(); !events.empty(); events = rig.guest.take()) {
        for (const Event& event : events) {
            if (event.type == EV_ABS && event.code == ABS_MT_SLOT) {
                slot = static_cast<size_t>(event.value);
            } else if (event.type == EV_ABS && event.code == ABS_MT_TRACKING_ID) {
                ids[slot] = event.value;
            } else if (event.type == EV_ABS && slot == 0) {
                x = event.value;
            }
        }
    }
    CHECK(ids[0] == -1);
    CHECK(ids[2] == 9);
    CHECK(slot == 2);
    CHECK(x == 2000);  // i = 1998
}

TEST_CASE("a reset releases everything and forgets what waits") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(2);
    rig.key(KEY_A, 1);
    rig.key(KEY_B, 1);
    rig.guest.reset();
    CHECK_FALSE(rig.device.ready());
    CHECK(rig.device.waiting() == 0);
    rig.guest.start();
    CHECK(rig.guest.take().empty());
    rig.key(KEY_A, 0);
    rig.key(KEY_B, 1);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_B, 1}, kSyn});
}

TEST_CASE("a queue that is reset alone loses no release") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    rig.key(KEY_A, 1);
    rig.guest.restart_queue(0);
    rig.key(KEY_A, 0);
    rig.guest.offer(8);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_A, 0}, kSyn});
}

TEST_CASE("room that was offered before a queue's reset is not used after it") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(1);
    rig.key(KEY_A, 1);
    rig.guest.restart_queue(0);
    rig.guest.offer(8);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_A, 1}, kSyn});
}

TEST_CASE("LEDs are what the guest says, until it is reset") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    rig.guest.send_status(bytes_of(Event{EV_LED, LED_CAPSL, 1}));
    rig.guest.send_status(bytes_of(Event{EV_LED, LED_NUML, 1}));
    CHECK(rig.device.leds() == (1U << LED_CAPSL | 1U << LED_NUML));
    rig.guest.send_status(bytes_of(Event{EV_LED, LED_NUML, 0}));
    CHECK(rig.device.leds() == 1U << LED_CAPSL);
    CHECK(rig.guest.take_status_answers() == 3);
    rig.guest.send_status(bytes_of(Event{EV_LED, 40000, 1}));
    rig.guest.send_status(bytes_of(Event{EV_REP, REP_DELAY, 250}));
    rig.guest.send_status(test::bytes({1, 2, 3}));
    CHECK(rig.device.leds() == 1U << LED_CAPSL);
    CHECK(rig.device.stats().bad_buffers == 1);
    CHECK(rig.guest.take_status_answers() == 3);
    rig.guest.reset();
    CHECK(rig.device.leds() == 0);
}

TEST_CASE("a full status queue is emptied in turns of the loop") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    for (int i = 0; i < 64; ++i) {
        rig.guest.put_status(bytes_of(Event{EV_LED, LED_CAPSL, 1}));
    }
    rig.device.kicked(1);
    CHECK(rig.guest.take_status_answers() == 64);
    // What came meanwhile needs no kick.
    rig.guest.put_status(bytes_of(Event{EV_LED, LED_CAPSL, 0}));
    CHECK(rig.device.leds() != 0);
    CHECK(rig.guest.turn());
    CHECK(rig.device.leds() == 0);
    CHECK(rig.guest.take_status_answers() == 1);
}

TEST_CASE("a buffer that is too small for an event is given back empty") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(0);
    rig.guest.offer(1, 4);
    rig.guest.offer(2);
    rig.key(KEY_A, 1);
    CHECK(rig.guest.take(false) == Events{{0xffff, 0, 0}, {EV_KEY, KEY_A, 1}, kSyn});
    CHECK(rig.device.stats().bad_buffers == 1);
}

TEST_CASE("a guest that fills its queue as fast as it is emptied doesn't hold the loop") {
    // What a second vCPU puts in while the device takes is here from the beginning.
    constexpr uint16_t kSize = 32768;
    Rig rig{Kind::kKeyboard};
    rig.guest.start(0, kSize);
    test::DriverQueue& ring = rig.guest.driver(0);
    // All entries of the ring lead to one that is too small for an event.
    ring.write_descriptor(0, {rig.guest.ram().allocate(4), 4, test::DriverQueue::kWrite, 0});
    ring.set_available_index(kSize);
    rig.key(KEY_A, 1);
    uint64_t before = 0;
    do {
        const uint64_t taken = rig.device.stats().bad_buffers - before;
        CHECK(taken > 0);
        CHECK(taken <= 2 * InputDevice::kMaxBacklog);
        before = rig.device.stats().bad_buffers;
    } while (rig.guest.turn());
    CHECK(before == kSize);
}

TEST_CASE("a broken ring makes the device wait for its reset, and takes nothing any more") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(0);
    rig.guest.driver(0).publish(999);
    rig.key(KEY_A, 1);
    CHECK(rig.guest.broken());
    CHECK_FALSE(rig.device.ready());
    for (int i = 0; i < 3000; ++i) {
        rig.key(KEY_A, i % 2);
    }
    CHECK(rig.device.waiting() == 0);
    rig.guest.start();
    rig.key(KEY_A, 1);
    CHECK(rig.guest.take().size() == 2);
}

TEST_CASE("a presenter that forgets to end its frames doesn't fill the memory") {
    Rig rig{Kind::kMouse};
    rig.guest.start(0);
    for (int i = 0; i < 100'000; ++i) {
        rig.device.event({EV_REL, REL_WHEEL, 1});
    }
    CHECK(rig.device.waiting() <= InputDevice::kMaxBacklog);
}

TEST_CASE("a driver that lets go without a reset hears nothing, and its ring is not written to") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start();
    rig.key(KEY_A, 1);
    CHECK(rig.guest.take(false).size() == 2);
    const uint16_t used = rig.guest.driver(0).used_index();
    rig.guest.let_go();
    CHECK_FALSE(rig.device.ready());
    CHECK(rig.device.hearing() == Hearing::kNobody);
    rig.key(KEY_A, 0);
    rig.key(KEY_B, 1);
    CHECK(rig.guest.driver(0).used_index() == used);
    CHECK(rig.guest.interrupts() == 1);
    // Awake again.
    rig.guest.start();
    CHECK(rig.device.ready());
    CHECK(rig.guest.take().empty());
    rig.key(KEY_B, 0);
    rig.key(KEY_C, 1);
    CHECK(rig.guest.take() == Events{{EV_KEY, KEY_C, 1}, kSyn});
}

TEST_CASE("a driver that has taken nothing for a long time is taken for one that hangs") {
    Rig rig{Kind::kKeyboard};
    rig.guest.start(0);
    rig.key(KEY_A, 1);
    rig.clock.advance(InputDevice::kTakesNothing - Nanoseconds{1});
    CHECK(rig.device.hearing() == Hearing::kDriver);
    rig.clock.advance(Nanoseconds{1});
    CHECK(rig.device.hearing() == Hearing::kSlow);
    CHECK(rig.device.ready());
    rig.guest.offer(8);
    CHECK(rig.guest.take(false).size() == 2);
    CHECK(rig.device.hearing() == Hearing::kDriver);
}

TEST_CASE("firmware that takes every device for a keyboard drives no pointer") {
    for (const Kind kind : {Kind::kKeyboard, Kind::kPointer, Kind::kMouse, Kind::kTouch}) {
        CAPTURE(to_string(kind));
        Rig rig{kind};
        const auto start_polling = [&rig] {
            rig.guest.start_queue(0);
            rig.guest.driver(0).want_interrupts(false);
            rig.device.kicked(0);
            rig.guest.offer(64);
        };
        // OVMF: polls one queue, asks nothing, and takes whatever comes.
        rig.guest.reset();
        start_polling();
        CHECK(rig.device.ready() == (kind == Kind::kKeyboard));
        // An operating system that wants interrupts, also one that has asked before its sleep.
        rig.guest.start();
        CHECK(rig.device.ready());
        // One that polls, and asks what the device has.
        rig.guest.reset();
        static_cast<void>(rig.guest.config(wire::Select::kEventBits, EV_KEY));
        start_polling();
        CHECK(rig.device.ready());
    }
}

TEST_CASE("each reset is a new life") {
    Rig rig{Kind::kTouch};
    const uint64_t life = rig.device.life();
    rig.guest.start();
    CHECK(rig.device.life() != life);
}

}  // namespace
}  // namespace oriel::input
