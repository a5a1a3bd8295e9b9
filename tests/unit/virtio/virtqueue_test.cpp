// SPDX-License-Identifier: MIT
#include "virtio/virtqueue.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "guest/guest_memory.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::virtio;
using Descriptor = DriverQueue::Descriptor;

namespace {

constexpr uint16_t kSize = 8;

UniqueFd duplicate(int fd) {
    return UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
}

/// A queue between a driver's and a device's side, in RAM at 1 MiB: nothing is at address 0.
struct Ring {
    explicit Ring(bool event_index = false, bool indirect = true)
        : driver{ram, {.size = kSize, .event_index = event_index}} {
        REQUIRE(memory.map(ram.address(), ram.size(), duplicate(ram.fd()), 0, true));
        layout = {.size = kSize,
                  .descriptors = driver.descriptors(),
                  .driver = driver.available_ring(),
                  .device = driver.used_ring(),
                  .event_index = event_index,
                  .indirect = indirect};
        REQUIRE(queue.start(layout) == RingError::kNone);
    }

    /// Publishes head 0 and says what is wrong with it.
    RingError error_of_head(uint16_t head = 0) {
        driver.publish(head);
        if (queue.pop(chain) != Virtqueue::Pop::kError) {
            return RingError::kNone;
        }
        CHECK_FALSE(queue.running());
        return queue.error();
    }
    /// An indirect table with these entries behind descriptor 0.
    void table(const std::vector<Descriptor>& entries, uint32_t length = 0) {
        const uint64_t at = ram.put(std::as_bytes(std::span{entries}));
        const auto bytes = static_cast<uint32_t>(entries.size() * sizeof(Descriptor));
        driver.write_descriptor(0, {at, length != 0 ? length : bytes, DriverQueue::kIndirect, 0});
    }

    GuestRam ram{size_t{4} << 20, 0x100000};
    guest::GuestMemory memory;
    DriverQueue driver;
    Virtqueue queue{memory};
    Virtqueue::Layout layout;
    Chain chain;
    uint64_t buffer = ram.allocate(4096);
};

std::vector<std::byte> bytes_of_text(const std::string& text) {
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

constexpr uint16_t kNext = DriverQueue::kNext;
constexpr uint16_t kWrite = DriverQueue::kWrite;
constexpr uint16_t kIndirect = DriverQueue::kIndirect;

}  // namespace

TEST_CASE("a chain's pieces are gathered, and joined where they are contiguous") {
    Ring ring;
    for (const auto kind : {DriverQueue::Table::kDirect, DriverQueue::Table::kIndirect}) {
        const std::array out{DriverQueue::Buffer{ring.buffer, 10},
                             DriverQueue::Buffer{ring.buffer + 10, 20},
                             DriverQueue::Buffer{ring.buffer + 100, 5}};
        const std::array in{DriverQueue::Buffer{ring.buffer + 200, 7}};
        const uint16_t head = ring.driver.add(out, in, kind);
        REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
        CHECK(ring.chain.head == head);
        REQUIRE(ring.chain.readable.size() == 2);
        CHECK(ring.chain.readable[0].address == ring.buffer);
        CHECK(ring.chain.readable[0].length == 30);
        CHECK(ring.chain.readable[1].length == 5);
        CHECK(ring.chain.readable_bytes == 35);
        CHECK(ring.chain.writable_bytes == 7);
        CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kEmpty);
    }
}

TEST_CASE("reading gathers over pieces, from any offset, and never beyond the chain") {
    Ring ring;
    const auto first = bytes_of_text("hello ");
    const auto second = bytes_of_text("world");
    const uint64_t a = ring.ram.put(first);
    static_cast<void>(ring.ram.allocate(100));
    const uint64_t b = ring.ram.put(second);
    const std::array out{DriverQueue::Buffer{a, 6}, DriverQueue::Buffer{b, 5}};
    ring.driver.add(out, {});
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    std::vector<std::byte> got(7);
    REQUIRE(ring.queue.read(ring.chain, 3, got));
    CHECK(got == bytes_of_text("lo worl"));
    got.resize(5);
    REQUIRE(ring.queue.read(ring.chain, 6, got));
    CHECK(got == second);
    CHECK_FALSE(ring.queue.read(ring.chain, 7, got));
    CHECK_FALSE(ring.queue.read(ring.chain, UINT64_MAX, got));
    got.clear();
    CHECK(ring.queue.read(ring.chain, 11, got));
}

TEST_CASE("an answer is written to the chain and its length to the used ring") {
    Ring ring;
    const std::array in{DriverQueue::Buffer{ring.buffer, 3},
                        DriverQueue::Buffer{ring.buffer + 100, 100}};
    const uint16_t head = ring.driver.add({}, in);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK_FALSE(ring.driver.take_used());
    ring.queue.complete(ring.chain, bytes_of_text("answer"));
    const auto used = ring.driver.take_used();
    REQUIRE(used);
    CHECK(used->head == head);
    CHECK(used->length == 6);
    CHECK(ring.ram.load<std::array<char, 3>>(ring.buffer) == std::array{'a', 'n', 's'});
    CHECK(ring.ram.load<std::array<char, 3>>(ring.buffer + 100) == std::array{'w', 'e', 'r'});
}

TEST_CASE("indices wrap around after 65536 requests") {
    Ring ring{true};
    const std::array out{DriverQueue::Buffer{ring.buffer, 1}};
    for (int i = 0; i < 70'000; ++i) {
        ring.driver.add(out, {});
        REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
        ring.queue.complete(ring.chain, {});
        REQUIRE(ring.queue.take_interrupt());
        REQUIRE(ring.driver.take_used());
        REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kEmpty);
    }
}

TEST_CASE("a device that spares the driver its kicks gets them again when it asks") {
    Ring ring{true};
    const std::array out{DriverQueue::Buffer{ring.buffer, 1}};
    const auto add = [&] {
        ring.driver.add(out, {});
        return ring.driver.kick_wanted();
    };
    CHECK(add());
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    REQUIRE(ring.queue.pop(ring.chain, Virtqueue::Kicks::kSpare) == Virtqueue::Pop::kEmpty);
    CHECK_FALSE(add());
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kEmpty);
    CHECK(add());
}

TEST_CASE("a chain that loops is an error, direct and indirect") {
    Ring ring;
    ring.driver.write_descriptor(0, {ring.buffer, 4, kNext, 1});
    ring.driver.write_descriptor(1, {ring.buffer, 4, kNext, 0});
    CHECK(ring.error_of_head() == RingError::kLoop);

    Ring indirect;
    indirect.table({{indirect.buffer, 4, kNext, 1}, {indirect.buffer, 4, kNext, 0}});
    CHECK(indirect.error_of_head() == RingError::kLoop);

    Ring itself;
    itself.driver.write_descriptor(0, {itself.buffer, 4, kNext, 0});
    CHECK(itself.error_of_head() == RingError::kLoop);
}

TEST_CASE("a descriptor index beyond the queue is an error, in the ring, a chain and a table") {
    Ring head;
    CHECK(head.error_of_head(kSize) == RingError::kIndex);
    Ring far;
    CHECK(far.error_of_head(0xffff) == RingError::kIndex);
    Ring next;
    next.driver.write_descriptor(0, {next.buffer, 4, kNext, kSize});
    CHECK(next.error_of_head() == RingError::kIndex);
    Ring table;
    table.table({{table.buffer, 4, kNext, 2}, {table.buffer, 4, 0, 0}});
    CHECK(table.error_of_head() == RingError::kIndex);
}

TEST_CASE("a descriptor outside guest memory, or half of it, is an error") {
    for (const uint64_t address :
         {uint64_t{0}, uint64_t{0xfffff}, uint64_t{0x500000 - 3}, UINT64_MAX - 1}) {
        CAPTURE(address);
        Ring ring;
        ring.driver.write_descriptor(0, {address, 4, 0, 0});
        CHECK(ring.error_of_head() == RingError::kAddress);
    }
    Ring fits;
    fits.driver.write_descriptor(0, {0x500000 - 4, 4, 0, 0});
    CHECK(fits.error_of_head() == RingError::kNone);
}

TEST_CASE("a writable descriptor in read-only memory is an error, a readable one is not") {
    Ring ring;
    const GuestRam rom{4096, 0x800000};
    REQUIRE(ring.memory.map(rom.address(), rom.size(), duplicate(rom.fd()), 0, false));
    ring.driver.write_descriptor(0, {rom.address(), 4, 0, 0});
    CHECK(ring.error_of_head() == RingError::kNone);
    ring.driver.write_descriptor(1, {rom.address(), 4, kWrite, 0});
    CHECK(ring.error_of_head(1) == RingError::kAddress);
}

TEST_CASE("a descriptor across two ranges is gathered whole") {
    Ring ring;
    const GuestRam more{4096, 0x500000};
    REQUIRE(ring.memory.map(more.address(), more.size(), duplicate(more.fd()), 0, true));
    ring.ram.store<uint16_t>(0x500000 - 2, 0x0201);
    more.store<uint16_t>(0x500000, 0x0403);
    ring.driver.write_descriptor(0, {0x500000 - 2, 4, 0, 0});
    ring.driver.publish(0);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    uint32_t value = 0;
    REQUIRE(ring.queue.read(ring.chain, 0, std::as_writable_bytes(std::span{&value, 1})));
    CHECK(value == 0x04030201);
}

TEST_CASE("a malformed indirect table is an error") {
    SUBCASE("not negotiated") {
        Ring ring{false, false};
        ring.table({{ring.buffer, 4, 0, 0}});
        CHECK(ring.error_of_head() == RingError::kIndirect);
    }
    SUBCASE("not a multiple of the descriptor's size") {
        Ring ring;
        ring.table({{ring.buffer, 4, 0, 0}}, 17);
        CHECK(ring.error_of_head() == RingError::kIndirect);
    }
    SUBCASE("empty") {
        Ring ring;
        ring.driver.write_descriptor(0, {ring.buffer, 0, kIndirect, 0});
        CHECK(ring.error_of_head() == RingError::kIndirect);
    }
    SUBCASE("longer than any") {
        Ring ring;
        ring.table({{ring.buffer, 4, 0, 0}}, 16 * (kMaxIndirectEntries + 1));
        CHECK(ring.error_of_head() == RingError::kIndirect);
    }
    SUBCASE("with a next descriptor") {
        Ring ring;
        ring.table({{ring.buffer, 4, 0, 0}});
        auto descriptor = ring.ram.load<Descriptor>(ring.driver.descriptors());
        descriptor.flags |= kNext;
        ring.driver.write_descriptor(0, descriptor);
        CHECK(ring.error_of_head() == RingError::kIndirect);
    }
    SUBCASE("nested") {
        Ring ring;
        ring.table({{ring.buffer, 16, kIndirect, 0}});
        CHECK(ring.error_of_head() == RingError::kIndirect);
    }
    SUBCASE("outside guest memory") {
        Ring ring;
        ring.driver.write_descriptor(0, {0, 16, kIndirect, 0});
        CHECK(ring.error_of_head() == RingError::kAddress);
    }
}

TEST_CASE("an indirect table may be longer than the queue") {
    Ring ring;
    std::vector<Descriptor> entries;
    for (uint16_t i = 0; i < 200; ++i) {
        const auto last = i == 199;
        entries.push_back(
            {ring.buffer + 8 * i, 4, last ? uint16_t{0} : kNext, static_cast<uint16_t>(i + 1)});
    }
    ring.table(entries);
    ring.driver.publish(0);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK(ring.chain.readable.size() == 200);
}

TEST_CASE("a readable descriptor behind a writable one is an error") {
    Ring ring;
    ring.driver.write_descriptor(0, {ring.buffer, 4, kWrite | kNext, 1});
    ring.driver.write_descriptor(1, {ring.buffer, 4, 0, 0});
    CHECK(ring.error_of_head() == RingError::kOrder);
}

TEST_CASE("a chain with more bytes than any request has is an error") {
    Ring ring;
    const GuestRam big{kMaxChainBytes + 4096, 0x10000000};
    REQUIRE(ring.memory.map(big.address(), big.size(), duplicate(big.fd()), 0, true));
    const auto most = static_cast<uint32_t>(kMaxChainBytes);
    ring.driver.write_descriptor(0, {big.address(), most, 0, 0});
    CHECK(ring.error_of_head() == RingError::kNone);
    ring.driver.write_descriptor(1, {big.address(), most, kNext, 2});
    ring.driver.write_descriptor(2, {big.address(), 1, kWrite, 0});
    CHECK(ring.error_of_head(1) == RingError::kTooLong);
}

TEST_CASE("an available index that runs too far ahead is an error") {
    Ring ring;
    ring.driver.write_descriptor(0, {ring.buffer, 4, 0, 0});
    ring.driver.set_available_index(kSize + 1);
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kError);
    CHECK(ring.queue.error() == RingError::kAvailRange);

    Ring backwards;
    backwards.driver.set_available_index(0xffff);
    CHECK(backwards.queue.pop(backwards.chain) == Virtqueue::Pop::kError);
    CHECK(backwards.queue.error() == RingError::kAvailRange);
}

TEST_CASE("more requests than the queue has entries can't be under way") {
    Ring ring;
    ring.driver.write_descriptor(0, {ring.buffer, 4, 0, 0});
    for (int i = 0; i < kSize; ++i) {
        ring.driver.publish(0);
        REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    }
    ring.driver.publish(0);
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kError);
    CHECK(ring.queue.error() == RingError::kAvailRange);
}

TEST_CASE("a layout that no driver may use is refused") {
    Ring ring;
    const auto refused = [&](auto change) {
        Virtqueue::Layout layout = ring.layout;
        change(layout);
        Virtqueue queue{ring.memory};
        const RingError error = queue.start(layout);
        CHECK(queue.running() == (error == RingError::kNone));
        return error;
    };
    CHECK(refused([](auto& l) { l.size = 0; }) == RingError::kLayout);
    CHECK(refused([](auto& l) { l.size = 7; }) == RingError::kLayout);
    CHECK(refused([](auto& l) { l.descriptors += 8; }) == RingError::kLayout);
    CHECK(refused([](auto& l) { l.driver += 1; }) == RingError::kLayout);
    CHECK(refused([](auto& l) { l.device += 2; }) == RingError::kLayout);
    CHECK(refused([](auto& l) { l.descriptors = 0; }) == RingError::kAddress);
    CHECK(refused([](auto& l) { l.driver = 0x500000 - 4; }) == RingError::kAddress);
    CHECK(refused([](auto& l) { l.device = 0x500000 - 8; }) == RingError::kAddress);
    CHECK(refused([](auto& l) { l.size = 32768; }) == RingError::kNone);
    CHECK(refused([](auto&) {}) == RingError::kNone);
}

TEST_CASE("rings that go away while the queue runs are an error, not a crash") {
    Ring ring;
    const std::array in{DriverQueue::Buffer{ring.buffer, 4}};
    ring.driver.add({}, in);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    REQUIRE(ring.memory.unmap(ring.ram.address(), ring.ram.size()));
    ring.queue.complete(ring.chain, bytes_of_text("gone"));
    CHECK_FALSE(ring.queue.take_interrupt());
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kError);
    CHECK(ring.queue.error() == RingError::kAddress);
}

TEST_CASE("a request from before a restart is not answered") {
    Ring ring;
    const std::array in{DriverQueue::Buffer{ring.buffer, 4}};
    ring.driver.add({}, in);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    ring.queue.stop();
    ring.queue.complete(ring.chain, bytes_of_text("late"));
    REQUIRE(ring.queue.start(ring.layout) == RingError::kNone);
    ring.queue.complete(ring.chain, bytes_of_text("late"));
    CHECK(ring.driver.used_index() == 0);
    CHECK(ring.ram.load<uint32_t>(ring.buffer) == 0);
}

TEST_CASE("a driver that wants no interrupt gets none") {
    Ring ring;
    const std::array in{DriverQueue::Buffer{ring.buffer, 4}};
    const auto one_request = [&] {
        ring.driver.add({}, in);
        REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
        ring.queue.complete(ring.chain, {});
        REQUIRE(ring.driver.take_used());
    };
    CHECK_FALSE(ring.queue.take_interrupt());
    one_request();
    CHECK(ring.queue.take_interrupt());
    CHECK_FALSE(ring.queue.take_interrupt());
    ring.driver.want_interrupts(false);
    one_request();
    CHECK_FALSE(ring.queue.take_interrupt());
    ring.driver.want_interrupts(true);
    one_request();
    CHECK(ring.queue.take_interrupt());
}

TEST_CASE("with event indices an interrupt comes when the driver's event is passed, and not else") {
    Ring ring{true};
    const std::array in{DriverQueue::Buffer{ring.buffer, 4}};
    const auto complete_one = [&] {
        ring.driver.add({}, in);
        REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
        ring.queue.complete(ring.chain, {});
    };
    complete_one();
    CHECK(ring.queue.take_interrupt());
    // The driver has not looked: its event index still names the first one.
    complete_one();
    CHECK_FALSE(ring.queue.take_interrupt());
    complete_one();
    CHECK_FALSE(ring.queue.take_interrupt());
    while (ring.driver.take_used()) {
    }
    complete_one();
    CHECK(ring.queue.take_interrupt());
}

TEST_CASE("with event indices the driver kicks once for what comes before the queue is empty") {
    Ring ring{true};
    const std::array in{DriverQueue::Buffer{ring.buffer, 4}};
    ring.driver.add({}, in);
    CHECK(ring.driver.kick_wanted());
    ring.driver.add({}, in);
    CHECK_FALSE(ring.driver.kick_wanted());
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    ring.driver.add({}, in);
    CHECK_FALSE(ring.driver.kick_wanted());
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK(ring.queue.pop(ring.chain) == Virtqueue::Pop::kEmpty);
    ring.driver.add({}, in);
    CHECK(ring.driver.kick_wanted());
}

TEST_CASE("rings of zeros after a kick look unshared, and no more after a request") {
    Ring ring;
    CHECK(ring.queue.looks_unshared());
    const std::array in{DriverQueue::Buffer{ring.buffer, 4}};
    ring.driver.add({}, in);
    CHECK_FALSE(ring.queue.looks_unshared());
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK_FALSE(ring.queue.looks_unshared());
}

TEST_CASE("an empty descriptor is no piece") {
    Ring ring;
    ring.driver.write_descriptor(0, {ring.buffer, 0, kNext, 1});
    ring.driver.write_descriptor(1, {ring.buffer, 4, 0, 0});
    ring.driver.publish(0);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK(ring.chain.readable.size() == 1);
    CHECK(ring.chain.readable_bytes == 4);
}

TEST_CASE("requests that were not answered are popped again where the queue goes on") {
    Ring ring;
    const std::array out{DriverQueue::Buffer{ring.buffer, 4}};
    for (int i = 0; i < 3; ++i) {
        ring.driver.add(out, {}, DriverQueue::Table::kDirect);
    }
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    ring.queue.complete(ring.chain, {});
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    const uint16_t head = ring.chain.head;
    ring.queue.stop();
    CHECK(ring.queue.next_index() == 1);

    ring.layout.resume = ring.queue.next_index();
    REQUIRE(ring.queue.start(ring.layout) == RingError::kNone);
    REQUIRE(ring.queue.pop(ring.chain) == Virtqueue::Pop::kChain);
    CHECK(ring.chain.head == head);
    ring.queue.complete(ring.chain, {});
    // Behind what was used before, not over it.
    CHECK(ring.driver.used_index() == 2);
}
