// SPDX-License-Identifier: MIT
#include "virtio/queue_set.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <vector>

#include "core/clock.h"
#include "support/driver_queue.h"
#include "support/echo_device.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::virtio;

namespace {

/// A queue set whose queue 0 runs, without a road.
struct Rig final : DriverNotifier {
    Rig() {
        REQUIRE(
            memory.map(0, ram.size(), UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
        start(ring);
        set.open();
        settle();
        device.kicks = 0;
        runs_before = set.counters().runs;
    }

    void start(const DriverQueue& rings) {
        set.start(0, {.size = rings.size(),
                      .descriptors = rings.descriptors(),
                      .driver = rings.available_ring(),
                      .device = rings.used_ring(),
                      .indirect = true});
    }
    bool turn() { return loop.dispatch(Nanoseconds{0}); }
    void settle() {
        while (turn()) {
        }
    }
    void add_request() {
        const std::array out{DriverQueue::Buffer{buffer, 4}};
        const std::array in{DriverQueue::Buffer{buffer + 16, 4}};
        ring.add(out, in);
    }
    [[nodiscard]] uint64_t runs() const { return set.counters().runs - runs_before; }

    LogLines log;
    ManualClock clock;
    EventLoop loop{clock};
    GuestRam ram{size_t{1} << 20};
    guest::GuestMemory memory;
    EchoDevice device;
    std::vector<uint16_t> queue_interrupts;
    int config_interrupts = 0;
    QueueSet set{loop, memory, device, *this};
    DriverQueue ring{ram, {.size = 16}};
    uint64_t buffer = ram.allocate(64);
    uint64_t runs_before = 0;

private:
    bool notify_queue(uint16_t index) override {
        queue_interrupts.push_back(index);
        return true;
    }
    bool notify_config() override {
        ++config_interrupts;
        return true;
    }
};

}  // namespace

TEST_CASE("a kick that is answered at once is one deferred call and one interrupt") {
    Rig rig;
    rig.add_request();
    rig.set.kick(0);
    rig.set.kick(0);
    rig.settle();
    CHECK(rig.device.kicks == 1);
    CHECK(rig.queue_interrupts == std::vector<uint16_t>{0});
    CHECK(rig.runs() == 1);
}

TEST_CASE("answers that come later are told in one deferred call") {
    Rig rig;
    rig.device.hold = true;
    rig.add_request();
    rig.add_request();
    rig.set.kick(0);
    rig.settle();
    CHECK(rig.queue_interrupts.empty());
    rig.device.answer_held();
    CHECK(rig.queue_interrupts.empty());
    rig.settle();
    CHECK(rig.queue_interrupts == std::vector<uint16_t>{0});
    CHECK(rig.runs() == 2);
}

TEST_CASE("work that is cut has one continuation a queue, however often the driver kicks") {
    Rig rig;
    rig.device.most_a_turn = 1;
    for (int i = 0; i < 8; ++i) {
        rig.add_request();
    }
    for (uint16_t turn = 1; turn <= 8; ++turn) {
        for (int i = 0; i < 5; ++i) {
            rig.set.kick(0);
        }
        CHECK(rig.turn());
        CHECK(rig.ring.used_index() == turn);
    }
    rig.settle();
    CHECK(rig.runs() <= 9);
}

TEST_CASE("between two pieces of cut work the loop looks at its file descriptors") {
    Rig rig;
    rig.device.most_a_turn = 1;
    for (int i = 0; i < 3; ++i) {
        rig.add_request();
    }
    rig.set.kick(0);
    for (uint16_t done = 1; done <= 3; ++done) {
        CHECK(rig.turn());  // a turn is one look
        CHECK(rig.ring.used_index() == done);
    }
}

TEST_CASE("what isn't a kick gets past no gate") {
    Rig rig;
    rig.add_request();
    SUBCASE("before the driver is ready") {
        rig.set.close();
    }
    SUBCASE("after a reset") {
        rig.set.reset();
    }
    SUBCASE("with a broken ring") {
        rig.set.needs_reset(RingError::kIndex);
    }
    SUBCASE("without the queue") {
        rig.set.stop(0);
    }
    rig.device.look_now(0);
    CHECK(rig.device.kicks == 0);
}

TEST_CASE("a look at a queue that is served comes at once") {
    Rig rig;
    rig.add_request();
    rig.device.look_now(0);
    CHECK(rig.device.kicks == 1);
}

TEST_CASE("work that waits for its next turn is forgotten with the queue") {
    Rig rig;
    rig.device.most_a_turn = 1;
    rig.add_request();
    rig.add_request();
    rig.set.kick(0);
    CHECK(rig.turn());
    const int kicks = rig.device.kicks;
    SUBCASE("reset of the device") {
        rig.set.reset();
    }
    SUBCASE("reset of the queue") {
        rig.set.stop(0);
    }
    SUBCASE("a broken ring") {
        rig.set.needs_reset(RingError::kIndex);
    }
    rig.settle();
    CHECK(rig.device.kicks == kicks);
}

TEST_CASE("a machine that is paused is served no more, and looked at when it goes on") {
    Rig rig;
    rig.set.close();
    rig.add_request();
    rig.set.kick(0);
    rig.settle();
    CHECK(rig.ring.used_index() == 0);
    rig.set.open();
    rig.settle();
    CHECK(rig.ring.used_index() == 1);
}

TEST_CASE("only a reset mends a broken set") {
    Rig rig;
    rig.ring.publish(999);
    rig.set.kick(0);
    rig.settle();
    CHECK(rig.set.broken());
    CHECK(rig.config_interrupts == 1);
    rig.set.close();
    rig.set.open();
    rig.settle();
    CHECK(rig.device.kicks == 1);
    CHECK(rig.set.broken());

    rig.set.reset();
    CHECK_FALSE(rig.set.broken());
    const DriverQueue fresh{rig.ram, {.size = 16}};
    rig.start(fresh);
    rig.set.open();
    rig.settle();
    CHECK(rig.device.kicks == 2);
}

TEST_CASE("a set that ends with work to do leaves nothing behind in the loop") {
    ManualClock clock;
    EventLoop loop{clock};
    {
        Rig rig;
        rig.add_request();
        rig.set.kick(0);
    }
    loop.dispatch(Nanoseconds{0});
}

TEST_CASE("a queue that pauses is answered, and goes on where it stopped") {
    Rig rig;
    rig.device.hold = true;
    rig.add_request();
    rig.add_request();
    rig.set.kick(0);
    rig.settle();
    REQUIRE(rig.device.held.size() == 2);
    CHECK(rig.ring.used_index() == 0);
    CHECK(rig.set.pause(0) == 2);
    // The driver has heard of it before the queue stopped.
    CHECK(rig.ring.used_index() == 2);
    CHECK(rig.queue_interrupts == std::vector<uint16_t>{0});
    CHECK_FALSE(rig.set.served(0));

    rig.add_request();
    rig.set.start(0, {.size = rig.ring.size(),
                      .descriptors = rig.ring.descriptors(),
                      .driver = rig.ring.available_ring(),
                      .device = rig.ring.used_ring(),
                      .indirect = true,
                      .resume = 2});
    rig.device.hold = false;
    rig.set.kick(0);
    rig.settle();
    CHECK(rig.ring.used_index() == 3);
    CHECK(rig.set.counters().ring_errors == 0);
}
