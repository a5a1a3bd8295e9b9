// SPDX-License-Identifier: MIT
// Requests whose answers lie where the device itself reads and writes: in its rings. What comes of
// them is what the ring says then, checked like everything else.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <vector>

#include "guest/guest_memory.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "virtio/virtqueue.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::virtio;

namespace {

constexpr uint16_t kSize = 8;
constexpr uint16_t kWrite = DriverQueue::kWrite;

struct Ring {
    Ring() {
        UniqueFd file{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)};
        REQUIRE(memory.map(ram.address(), ram.size(), std::move(file), 0, true));
        REQUIRE(queue.start({.size = kSize,
                             .descriptors = driver.descriptors(),
                             .driver = driver.available_ring(),
                             .device = driver.used_ring(),
                             .event_index = false,
                             .indirect = true}) == RingError::kNone);
    }
    /// A request without a byte whose answer is to be written there, taken by the device.
    void take(uint64_t room, uint32_t length, uint16_t descriptor = 0) {
        driver.write_descriptor(descriptor, {room, length, kWrite, 0});
        driver.publish(descriptor);
        REQUIRE(queue.pop(chain) == Virtqueue::Pop::kChain);
    }
    void answer(size_t length, std::byte with = std::byte{0xff}) {
        queue.complete(chain, std::vector<std::byte>(length, with));
    }
    RingError next_error() {
        return queue.pop(chain) == Virtqueue::Pop::kError ? queue.error() : RingError::kNone;
    }

    GuestRam ram{size_t{4} << 20, 0x100000};
    guest::GuestMemory memory;
    DriverQueue driver{ram, {.size = kSize, .event_index = false}};
    Virtqueue queue{memory};
    Chain chain;
};

}  // namespace

TEST_CASE("an answer over the available ring is an index that runs too far ahead") {
    Ring ring;
    ring.take(ring.driver.available_ring(), 4);
    ring.answer(4);
    CHECK(ring.next_error() == RingError::kAvailRange);
    CHECK_FALSE(ring.queue.running());
    // What is late is nobody's.
    ring.answer(4);
    CHECK(ring.driver.used_index() == 1);
}

TEST_CASE("an answer over the available entries is a head that there isn't") {
    Ring ring;
    ring.take(ring.driver.available_ring() + 4, 2 * kSize);
    ring.driver.publish(0);
    ring.answer(2 * kSize);
    CHECK(ring.next_error() == RingError::kIndex);
}

TEST_CASE("an answer over the descriptors is checked as descriptors are") {
    Ring ring;
    ring.take(ring.driver.descriptors(), 16 * kSize);
    ring.answer(16 * kSize);
    ring.driver.publish(0);
    CHECK(ring.next_error() == RingError::kIndirect);

    Ring zeros;
    zeros.take(zeros.driver.descriptors(), 16 * kSize);
    zeros.answer(16 * kSize, std::byte{0});
    zeros.driver.publish(0);
    CHECK(zeros.next_error() == RingError::kNone);
    CHECK(zeros.chain.readable_bytes + zeros.chain.writable_bytes == 0);
}

TEST_CASE("an answer over the used ring does not change where the device is in it") {
    Ring ring;
    ring.take(ring.driver.used_ring(), 4 + 8 * kSize);
    ring.answer(4 + 8 * kSize);
    CHECK(ring.driver.used_index() == 1);
    ring.take(ring.ram.allocate(16), 16, 1);
    ring.answer(16);
    CHECK(ring.driver.used_index() == 2);
    CHECK(ring.ram.load<uint32_t>(ring.driver.used_ring() + 4) == 0);
    CHECK(ring.ram.load<uint32_t>(ring.driver.used_ring() + 4 + 8) == 1);
}

TEST_CASE("an answer writes its own bytes and none behind them, and tells so many") {
    Ring ring;
    const uint64_t room = ring.ram.allocate(64);
    for (uint64_t i = 0; i < 64; ++i) {
        ring.ram.store<uint8_t>(room + i, 0x77);
    }
    ring.take(room, 32);
    SUBCASE("shorter than its room") {
        ring.answer(6);
        CHECK(ring.driver.take_used()->length == 6);
        CHECK(ring.ram.load<uint8_t>(room + 5) == 0xff);
        CHECK(ring.ram.load<uint8_t>(room + 6) == 0x77);
    }
    SUBCASE("longer than its room") {
        ring.answer(48);
        CHECK(ring.driver.take_used()->length == 32);
        CHECK(ring.ram.load<uint8_t>(room + 31) == 0xff);
    }
    SUBCASE("of no byte") {
        ring.answer(0);
        CHECK(ring.driver.take_used()->length == 0);
        CHECK(ring.ram.load<uint8_t>(room) == 0x77);
    }
    for (uint64_t i = 32; i < 64; ++i) {
        REQUIRE(ring.ram.load<uint8_t>(room + i) == 0x77);
    }
}
