// SPDX-License-Identifier: MIT
#include "scanout/framebuffer_cache.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace oriel;

namespace {

struct Thing {
    Thing(uint64_t its_name, std::vector<uint64_t>& ended) : name{its_name}, ended_{ended} {}
    Thing(const Thing&) = delete;
    Thing& operator=(const Thing&) = delete;
    ~Thing() { ended_.push_back(name); }
    [[nodiscard]] bool held() const { return is_held; }

    uint64_t name;
    bool is_held = false;

private:
    std::vector<uint64_t>& ended_;
};

struct Rig {
    Thing* make(uint64_t key) { return cache.make(key, key, ended); }

    std::vector<uint64_t> ended;
    FramebufferCache<Thing> cache{3};
};

}  // namespace

TEST_CASE("a full cache gives up what was used longest ago") {
    Rig rig;
    for (uint64_t key = 1; key <= 3; ++key) {
        REQUIRE(rig.make(key) != nullptr);
    }
    CHECK(rig.cache.find(1)->name == 1);  // a use
    CHECK(rig.cache.peek(2)->name == 2);  // none
    REQUIRE(rig.make(4) != nullptr);
    CHECK(rig.ended == std::vector<uint64_t>{2});
    CHECK(rig.cache.find(2) == nullptr);
    REQUIRE(rig.make(5) != nullptr);
    CHECK(rig.ended == std::vector<uint64_t>{2, 3});
    CHECK(rig.cache.size() == 3);
}

TEST_CASE("what somebody holds is not given up, and where all is held there is no room") {
    Rig rig;
    std::vector<Thing*> things;
    for (uint64_t key = 1; key <= 3; ++key) {
        things.push_back(rig.make(key));
        things.back()->is_held = true;
    }
    CHECK_FALSE(rig.cache.has_room());
    CHECK(rig.make(4) == nullptr);
    CHECK(rig.ended.empty());
    things[1]->is_held = false;
    CHECK(rig.cache.has_room());
    REQUIRE(rig.make(4) != nullptr);
    CHECK(rig.ended == std::vector<uint64_t>{2});
}

TEST_CASE("entries stay where they are") {
    Rig rig;
    const Thing* first = rig.make(1);
    static_cast<void>(rig.make(2));
    static_cast<void>(rig.cache.find(1));
    static_cast<void>(rig.make(3));
    CHECK(rig.cache.peek(1) == first);
}

TEST_CASE("a cache that becomes smaller gives up the oldest, one that becomes larger keeps all") {
    Rig rig;
    for (uint64_t key = 1; key <= 3; ++key) {
        static_cast<void>(rig.make(key));
    }
    rig.cache.set_max(1);
    CHECK(rig.cache.size() == 1);
    CHECK(rig.ended == std::vector<uint64_t>{1, 2});
    rig.cache.set_max(2);
    static_cast<void>(rig.make(4));
    CHECK(rig.cache.size() == 2);
    rig.cache.remove_if([](const Thing& thing) { return thing.name == 3; });
    CHECK(rig.cache.find(3) == nullptr);
    CHECK(rig.cache.find(4) != nullptr);
    rig.cache.clear();
    CHECK(rig.cache.size() == 0);
}
