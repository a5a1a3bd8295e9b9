// SPDX-License-Identifier: MIT
#include "core/page_returner.h"

#include <doctest/doctest.h>

#include <cstring>
#include <utility>

#include "core/memfd.h"
#include "support/passing_clock.h"

using namespace oriel;

namespace {

constexpr size_t kMiB = size_t{1} << 20;

/// What a look at the clock takes: a part, or two, in each turn.
constexpr Nanoseconds kStep{1'000'000};

/// Ends a file all of whose pages have been written to; a second descriptor of it.
UniqueFd end_written(size_t bytes) {
    UniqueFd file = create_memfd("test", bytes, MemfdSeals::kFixedSize).value();
    auto mapping = Mapping::map(file.get(), 0, bytes, MapAccess::kReadWrite).value();
    std::memset(mapping.data(), 1, bytes);
    UniqueFd other{::dup(file.get())};
    PageReturner::give_back(std::move(file), std::move(mapping));
    return other;
}

}  // namespace

TEST_CASE("the pages of a large file go back in turns, and are accounted for until then") {
    const test::PassingClock clock{kStep};
    EventLoop loop{clock};
    PageReturner returner{loop};
    const uint64_t before = held(HeldFor::kPictures).bytes;
    const UniqueFd file = end_written(32 * kMiB);
    CHECK(returner.waiting_bytes() == 32 * kMiB);
    CHECK(held(HeldFor::kPictures).bytes - before == 32 * kMiB);
    loop.dispatch(Nanoseconds{0});
    const uint64_t after_one = file_bytes_of(file);
    CHECK(after_one < 32 * kMiB);
    CHECK(after_one >= 20 * kMiB);
    CHECK(held(HeldFor::kPictures).bytes - before == after_one);
    for (int turn = 0; turn < 20 && returner.waiting_bytes() != 0; ++turn) {
        loop.dispatch(Nanoseconds{0});
    }
    CHECK(returner.waiting_bytes() == 0);
    CHECK(file_bytes_of(file) == 0);
    CHECK(held(HeldFor::kPictures).bytes == before);
}

TEST_CASE("small files, and more than may wait, go back at once") {
    const test::PassingClock clock{kStep};
    EventLoop loop{clock};
    PageReturner returner{loop};
    static_cast<void>(end_written(kMiB));
    CHECK(returner.waiting_bytes() == 0);
    for (int i = 0; i < 6; ++i) {
        static_cast<void>(end_written(64 * kMiB));
    }
    CHECK(returner.waiting_bytes() == PageReturner::kMostBytes);
}

TEST_CASE("without a loop, or after it, pages go back with the file") {
    static_cast<void>(end_written(8 * kMiB));
    const test::PassingClock clock{kStep};
    EventLoop loop{clock};
    {
        const PageReturner returner{loop};
        static_cast<void>(end_written(8 * kMiB));
    }
    CHECK_FALSE(loop.dispatch(Nanoseconds{0}));
}

TEST_CASE("a mapping of many pieces goes in turns, and nothing else with it") {
    const test::PassingClock clock{kStep};
    EventLoop loop{clock};
    PageReturner returner{loop};
    const UniqueFd file = create_memfd("test", 16 * kMiB, MemfdSeals::kFixedSize).value();
    auto other = Mapping::map(file.get(), 0, 16 * kMiB, MapAccess::kReadWrite).value();
    std::memset(other.data(), 1, 16 * kMiB);
    PageReturner::give_back(Mapping::map(file.get(), 0, 16 * kMiB, MapAccess::kRead).value());
    CHECK(returner.waiting_bytes() == 16 * kMiB);
    loop.dispatch(Nanoseconds{0});
    CHECK(returner.waiting_bytes() == 16 * kMiB);
    for (int turn = 0; turn < 20 && returner.waiting_bytes() != 0; ++turn) {
        loop.dispatch(Nanoseconds{0});
    }
    CHECK(returner.waiting_bytes() == 0);
    CHECK(other.data()[16 * kMiB - 1] == std::byte{1});
    for (int i = 0; i < 6; ++i) {
        PageReturner::give_back(Mapping::map(file.get(), 0, 16 * kMiB, MapAccess::kRead).value());
    }
    CHECK(returner.waiting_bytes() == PageReturner::kMostPieceBytes);
}
