// SPDX-License-Identifier: MIT
#include "core/ledger.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/memfd.h"

using namespace oriel;

namespace {

class Piece final : public LedgerItem {
public:
    Piece(HeldFor what, uint64_t bytes, uint64_t descriptors)
        : LedgerItem{what}, held_{bytes, descriptors} {}
    [[nodiscard]] Held held() const override { return held_; }

private:
    Held held_;
};

}  // namespace

TEST_CASE("what is held is what its owners say, as long as they live") {
    const Held before = held(HeldFor::kCursors);
    const auto grown = [&] { return held(HeldFor::kCursors).bytes - before.bytes; };
    std::optional<Piece> first{std::in_place, HeldFor::kCursors, 1, 1};
    std::optional<Piece> second{std::in_place, HeldFor::kCursors, 20, 0};
    std::optional<Piece> third{std::in_place, HeldFor::kCursors, 300, 2};
    const Piece other{HeldFor::kBacking, 4000, 0};
    CHECK(grown() == 321);
    CHECK(held(HeldFor::kCursors).descriptors - before.descriptors == 3);
    second.reset();
    CHECK(grown() == 301);
    Piece copy{*third};
    CHECK(grown() == 601);
    third.reset();
    copy = *first;
    CHECK(grown() == 2);
    first.reset();
    CHECK(grown() == 1);
}

TEST_CASE("memory of the VMM's is not among what is held in all") {
    const uint64_t before = held_in_all().bytes;
    const Piece ours{HeldFor::kPictures, 5, 0};
    const Piece guests{HeldFor::kGuestMemory, 1000, 0};
    CHECK(held_in_all().bytes - before == 5);
}

TEST_CASE("a memory file has the pages that were written to") {
    const auto file = create_memfd("test", 16 * page_size(), MemfdSeals::kFixedSize);
    REQUIRE(file.has_value());
    CHECK(file_bytes_of(*file) == 0);
    REQUIRE(::pwrite(file->get(), "x", 1, static_cast<off_t>(5 * page_size())) == 1);
    CHECK(file_bytes_of(*file) == page_size());
    CHECK(file_bytes_of(UniqueFd{}) == 0);
}

TEST_CASE("each kind has a name of its own") {
    std::set<std::string> names;
    for (size_t i = 0; i < kHeldFor; ++i) {
        names.insert(to_string(static_cast<HeldFor>(i)));
    }
    CHECK(names.size() == kHeldFor);
    CHECK_FALSE(names.contains("?"));
}
