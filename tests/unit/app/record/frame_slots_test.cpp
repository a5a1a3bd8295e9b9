// SPDX-License-Identifier: MIT
#include "record/frame_slots.h"

#include <doctest/doctest.h>

#include "core/memfd.h"

namespace oriel::app {
namespace {

TEST_SUITE("frame slots") {
    TEST_CASE("a slot is stale where the screen has changed since it was used last") {
        FrameSlots slots;
        REQUIRE(slots.prepare(0, {100, 50}));
        CHECK(slots.stale(0).area() == 5000);
        slots.updated(0, {});
        CHECK(slots.stale(0).empty());
        slots.add_damage(Region{{10, 10, 5, 4}});
        slots.add_damage(Region{{90, 40, 50, 50}});
        REQUIRE(slots.prepare(0, {100, 50}));
        // What is outside of the picture is not in it.
        CHECK(slots.stale(0).area() == 20 + 100);
        SUBCASE("a cursor that was drawn over it is stale the next time") {
            slots.updated(0, {1, 2, 3, 4});
            CHECK(slots.stale(0) == Region{{1, 2, 3, 4}});
        }
        SUBCASE("one that was not used has all of that still to come") {
            REQUIRE(slots.prepare(1, {100, 50}));
            CHECK(slots.stale(1).area() == 5000);
        }
        SUBCASE("another size is another picture") {
            slots.updated(0, {});
            REQUIRE(slots.prepare(0, {50, 100}));
            CHECK(slots.stale(0).area() == 5000);
        }
        SUBCASE("a dark screen leaves nothing of it") {
            slots.updated(0, {});
            slots.add_damage_everywhere();
            CHECK(slots.stale(0).area() == 5000);
        }
    }

    TEST_CASE("as many frames are with the recorder as there are slots, and each goes back once") {
        FrameSlots slots;
        for (uint32_t i = 0; i < kFrameSlots; ++i) {
            const auto slot = slots.free_slot();
            REQUIRE(slot == i);
            REQUIRE(slots.prepare(*slot, {16, 16}));
            const FrameSlots::Loan loan = slots.lend(*slot);
            // The memory goes there with the first frame, and nobody can resize it.
            CHECK(has_fixed_size(loan.new_memory, loan.bytes));
        }
        CHECK_FALSE(slots.free_slot());
        CHECK(slots.give_back(2));
        CHECK_FALSE(slots.give_back(2));
        CHECK_FALSE(slots.give_back(kFrameSlots));
        CHECK(slots.free_slot() == 2);
        REQUIRE(slots.prepare(2, {8, 16}));
        CHECK(slots.lend(2).new_memory == -1);
        REQUIRE(slots.give_back(2));
        // A larger picture needs other memory.
        REQUIRE(slots.prepare(2, {64, 64}));
        CHECK(slots.lend(2).new_memory >= 0);
    }

    TEST_CASE("a picture beyond the bound is refused") {
        FrameSlots slots;
        CHECK_FALSE(slots.prepare(0, {0, 10}));
        CHECK_FALSE(slots.prepare(0, {16384, 1025}));
        CHECK(slots.prepare(0, {5120, 2880}));
    }
}

}  // namespace
}  // namespace oriel::app
