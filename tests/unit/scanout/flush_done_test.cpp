// SPDX-License-Identifier: MIT
#include "scanout/flush_done.h"

#include <doctest/doctest.h>

#include <optional>
#include <utility>
#include <vector>

namespace oriel {
namespace {

struct Owner final : FlushOwner {
    void flush_done(uint64_t token) override { answered.push_back(token); }
    [[nodiscard]] FlushDone done(uint64_t token) const { return {weak.get(), token}; }
    std::vector<uint64_t> answered;
    WeakOwner<FlushOwner> weak{this};
};

}  // namespace

TEST_CASE("the end of a FlushDone is its answer, exactly once") {
    Owner owner;
    {
        FlushDone first = owner.done(1);
        FlushDone moved = std::move(first);
        CHECK(moved);
        CHECK(owner.answered.empty());
        moved.answer();
        CHECK_FALSE(moved);
        CHECK(owner.answered == std::vector<uint64_t>{1});
    }
    CHECK(owner.answered == std::vector<uint64_t>{1});
}

TEST_CASE("a FlushDone that another one replaces is answered") {
    Owner owner;
    FlushDone kept = owner.done(1);
    kept = owner.done(2);
    CHECK(owner.answered == std::vector<uint64_t>{1});
    kept = {};
    CHECK(owner.answered == std::vector<uint64_t>{1, 2});
}

TEST_CASE("an owner that has ended or forgotten its flushes hears of none") {
    std::optional<Owner> owner{std::in_place};
    FlushDone late = owner->done(1);
    FlushDone revoked = owner->done(2);
    owner->weak.revoke();
    revoked.answer();
    CHECK(owner->answered.empty());
    owner.reset();
    late.answer();
}

}  // namespace oriel
