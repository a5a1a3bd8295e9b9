// SPDX-License-Identifier: MIT
#include "resources/page_overlap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using oriel::gpu::PageOverlap;
using oriel::gpu::command::BackingEntry;

constexpr uint64_t kPage = 4096;

std::vector<BackingEntry> pages(size_t count) {
    std::vector<BackingEntry> entries;
    for (uint64_t i = 0; i < count; ++i) {
        entries.push_back({i * kPage, kPage});
    }
    return entries;
}

bool fit(const std::vector<BackingEntry>& entries) {
    PageOverlap overlap{entries};
    while (!overlap.step()) {
    }
    return overlap.fit();
}

TEST_CASE("a page that is there twice is found, wherever it is and however many there are") {
    std::mt19937 random{7};
    for (const size_t count : {2U, 3U, 8191U, 8192U, 8193U, 16384U, 16385U, 50'000U}) {
        CAPTURE(count);
        auto entries = pages(count);
        CHECK(fit(entries));
        std::reverse(entries.begin(), entries.end());
        CHECK(fit(entries));
        for (int i = 0; i < 5; ++i) {
            std::shuffle(entries.begin(), entries.end(), random);
            CHECK(fit(entries));
            auto twice = entries;
            twice[random() % count].address = twice[0].address;
            twice[0].address = twice[count - 1].address;
            CHECK_FALSE(fit(twice));
        }
    }
}

TEST_CASE("entries that overlap are found where they are in order, too") {
    auto entries = pages(20'000);
    entries[12'345].length = 2 * kPage;
    CHECK_FALSE(fit(entries));
    entries = pages(20'000);
    entries.back().length = 100;  // the last one may end within its page
    CHECK(fit(entries));
    entries[3].length = 100;
    CHECK_FALSE(fit(entries));
    entries = pages(20'000);
    entries[3].address += 8;
    CHECK_FALSE(fit(entries));
    entries[3] = {3 * kPage, 0};
    CHECK_FALSE(fit(entries));
}

}  // namespace
