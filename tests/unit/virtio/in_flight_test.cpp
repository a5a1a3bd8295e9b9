// SPDX-License-Identifier: MIT
#include "virtio/in_flight.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <set>
#include <vector>

#include "guest/guest_memory.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "virtio/virtqueue.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::virtio;
using Heads = std::vector<uint16_t>;

namespace {

constexpr uint16_t kSize = 8;

/// A queue and the words about it, as two processes see them one after the other.
struct Ring {
    Ring() {
        REQUIRE(memory.map(ram.address(), ram.size(),
                           UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
        layout = {.size = kSize,
                  .descriptors = driver.descriptors(),
                  .driver = driver.available_ring(),
                  .device = driver.used_ring(),
                  .event_index = true,
                  .indirect = true};
        first.keep(words);
        REQUIRE(first.start(layout) == RingError::kNone);
    }
    uint16_t add() {
        const DriverQueue::Buffer in{ram.put(std::array<std::byte, 16>{}), 16};
        return driver.add({}, std::span{&in, 1});
    }
    Chain pop(Virtqueue& queue) {
        Chain chain;
        REQUIRE(queue.pop(chain) == Virtqueue::Pop::kChain);
        return chain;
    }
    void resume() {
        second.keep(words);
        REQUIRE(second.resume(layout) == RingError::kNone);
    }

    GuestRam ram{size_t{4} << 20, 0x100000};
    guest::GuestMemory memory;
    DriverQueue driver{ram, {.size = kSize, .event_index = true}};
    Virtqueue::Layout layout;
    std::vector<uint64_t> words = std::vector<uint64_t>(InFlight::words_for(kSize));
    Virtqueue first{memory};
    Virtqueue second{memory};
};

}  // namespace

TEST_CASE("a queue of an earlier process goes on with what was not answered, in its order") {
    Ring ring;
    Heads heads;
    std::vector<Chain> chains;
    for (int i = 0; i < 5; ++i) {
        heads.push_back(ring.add());
        chains.push_back(ring.pop(ring.first));
    }
    const uint16_t waits = ring.add();
    // Answers come in any order.
    ring.first.complete(chains[3], {});
    ring.first.complete(chains[0], {});
    ring.resume();
    for (const uint16_t head : {heads[1], heads[2], heads[4], waits}) {
        const Chain chain = ring.pop(ring.second);
        CHECK(chain.head == head);
        ring.second.complete(chain, {});
    }
    Chain chain;
    CHECK(ring.second.pop(chain) == Virtqueue::Pop::kEmpty);
    // Each request was answered once.
    std::multiset<uint32_t> answered;
    while (const auto used = ring.driver.take_used()) {
        answered.insert(used->head);
    }
    CHECK(answered ==
          std::multiset<uint32_t>{heads[0], heads[1], heads[2], heads[3], heads[4], waits});
}

TEST_CASE("a queue goes on over many processes, and around its ring") {
    Ring ring;
    for (int i = 0; i < 100; ++i) {
        const uint16_t head = ring.add();
        Virtqueue queue{ring.memory};
        queue.keep(ring.words);
        REQUIRE(queue.resume(ring.layout) == RingError::kNone);
        const Chain chain = ring.pop(queue);
        CHECK(chain.head == head);
        if (i % 3 != 0) {
            queue.complete(chain, {});
        } else {
            Virtqueue next{ring.memory};
            next.keep(ring.words);
            REQUIRE(next.resume(ring.layout) == RingError::kNone);
            next.complete(ring.pop(next), {});
        }
        REQUIRE(ring.driver.take_used().has_value());
        REQUIRE_FALSE(ring.driver.take_used().has_value());
    }
}

TEST_CASE("a process that ends between an answer and its note has answered") {
    std::vector<uint64_t> words(InFlight::words_for(kSize));
    InFlight kept{words};
    kept.begin(0);
    kept.taken(2);
    kept.taken(5);
    kept.answering(2);
    CHECK(InFlight{words}.left(0, kSize) == Heads{2, 5});  // the index says: not yet
    kept.answering(2);
    CHECK(InFlight{words}.left(1, kSize) == Heads{5});
    CHECK(InFlight{words}.left(1, kSize) == Heads{5});
}

TEST_CASE("whatever the words say, only heads of the queue come of it") {
    std::vector<uint64_t> words(InFlight::words_for(kSize), ~uint64_t{0});
    const Heads heads = InFlight{words}.left(3, kSize);
    CHECK(heads.size() <= kSize);
    CHECK(InFlight{}.left(3, kSize).empty());
    Ring ring;
    std::fill(ring.words.begin(), ring.words.end(), 0x0123456789abcdef);
    ring.resume();
    // Nobody has offered them: the ring is broken, or they are empty requests.
    for (int i = 0; i < 2 * kSize; ++i) {
        Chain chain;
        if (ring.second.pop(chain) != Virtqueue::Pop::kChain) {
            break;
        }
        CHECK(chain.head < kSize);
    }
}
