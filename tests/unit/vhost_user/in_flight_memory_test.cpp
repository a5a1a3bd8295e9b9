// SPDX-License-Identifier: MIT
#include "in_flight_memory.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "core/memfd.h"

using namespace oriel;
using namespace oriel::vhost_user;
using Heads = std::vector<uint16_t>;

namespace {

struct KeptArea {
    InFlightArea area{.queues = 2, .queue_size = 64};
    UniqueFd file{std::move(*InFlightMemory::create(area))};
};

}  // namespace

TEST_CASE("memory for requests in flight is made for its queues, and nobody can cut it") {
    const KeptArea kept;
    CHECK(kept.area.size == 4096);
    CHECK(kept.area.offset == 0);
    CHECK(has_fixed_size(kept.file.get(), kept.area.size));
    InFlightArea large{.queues = 2, .queue_size = 1024};
    REQUIRE(InFlightMemory::create(large));
    CHECK(large.size == 36864);
    for (const InFlightArea& wrong :
         {InFlightArea{.queues = 0, .queue_size = 64}, InFlightArea{.queues = 3, .queue_size = 64},
          InFlightArea{.queues = 2, .queue_size = 0}, InFlightArea{.queues = 2, .queue_size = 63},
          InFlightArea{.queues = 2, .queue_size = 2048},
          InFlightArea{.queues = UINT16_MAX, .queue_size = UINT16_MAX}}) {
        InFlightArea asked = wrong;
        CHECK_FALSE(InFlightMemory::create(asked));
    }
}

TEST_CASE("what one process has in flight another one finds there") {
    const KeptArea kept;
    InFlightMemory first;
    REQUIRE(first.take(kept.area, kept.file) == 0);
    for (const uint16_t index : {uint16_t{0}, uint16_t{1}}) {
        auto queue = first.queue(index, 64);
        REQUIRE(queue);
        CHECK_FALSE(queue->began);
        queue->requests.begin(10);
        queue->requests.taken(7);
        queue->requests.taken(63);
        queue->requests.taken(2);
        queue->requests.answering(63);
        queue->requests.answered(63, 11);
        if (index == 1) {
            // It ends between an answer and its note.
            queue->requests.answering(7);
        }
    }
    InFlightMemory second;
    REQUIRE(second.take(kept.area, kept.file) == 0);
    for (const uint16_t index : {uint16_t{0}, uint16_t{1}}) {
        auto queue = second.queue(index, 64);
        REQUIRE(queue);
        CHECK(queue->began);
        const auto used = static_cast<uint16_t>(11 + index);
        CHECK(queue->requests.left(used, 64) == (index == 0 ? Heads{7, 2} : Heads{2}));
        // New ones come behind those.
        queue->requests.taken(0);
        CHECK(queue->requests.left(used, 64).back() == 0);
    }
    second.clear();
    CHECK_FALSE(second.queue(0, 64)->began);
    CHECK(second.queue(0, 64)->requests.left(0, 64).empty());
}

TEST_CASE("an area of another size, or a file that hasn't got it, is refused") {
    const KeptArea kept;
    InFlightMemory memory;
    const auto refused = [&](InFlightArea area) { return memory.take(area, kept.file); };
    InFlightArea wrong = kept.area;
    wrong.size = 8192;
    CHECK(refused(wrong) == EINVAL);
    wrong = kept.area;
    wrong.queue_size = 128;  // of which two have no room in it
    wrong.size = 8192;
    CHECK(refused(wrong) == EINVAL);
    wrong = kept.area;
    wrong.offset = 4096;
    CHECK(refused(wrong) == EINVAL);
    wrong.offset = UINT64_MAX - 4095;
    CHECK(refused(wrong) == EINVAL);
    wrong.offset = 8;
    CHECK(refused(wrong) == EINVAL);
    CHECK(memory.take(kept.area, UniqueFd{}) != 0);
    CHECK_FALSE(memory.queue(0, 64));
    REQUIRE(memory.take(kept.area, kept.file) == 0);
    CHECK_FALSE(memory.queue(2, 64));
    CHECK_FALSE(memory.queue(0, 128));
    CHECK(memory.queue(0, 32));
}

TEST_CASE("whatever the memory says, only heads of the queue come of it, and cutting is survived") {
    InFlightArea area{.queues = 1, .queue_size = 64};
    REQUIRE(InFlightMemory::create(area));
    const UniqueFd file{std::move(*create_memfd("x", area.size, MemfdSeals::kNone))};
    std::vector<unsigned char> bytes(area.size, 0xff);
    bytes[8] = 1;  // the version
    bytes[9] = 0;
    REQUIRE(::pwrite(file.get(), bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
    InFlightMemory memory;
    REQUIRE(memory.take(area, file) == 0);
    auto queue = memory.queue(0, 64);
    REQUIRE(queue);
    CHECK(queue->began);
    const Heads heads = queue->requests.left(3, 64);
    CHECK(heads.size() <= 64);
    for (const uint16_t head : heads) {
        CHECK(head < 64);
    }
    queue->requests.taken(5);
    queue->requests.taken(UINT16_MAX);
    REQUIRE(::ftruncate(file.get(), 0) == 0);
    queue->requests.answering(5);
    queue->requests.answered(5, 4);
    CHECK(queue->requests.left(4, 64).empty());
}
