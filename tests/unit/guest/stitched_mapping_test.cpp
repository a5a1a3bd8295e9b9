// SPDX-License-Identifier: MIT
#include "guest/stitched_mapping.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <utility>
#include <vector>

#include "core/memfd.h"

namespace {

using namespace oriel;
using guest::FileSpan;
using guest::StitchedMapping;

constexpr uint64_t kPage = 4096;

/// A file whose page n is filled with the byte n.
struct Pages {
    explicit Pages(size_t count)
        : fd{create_memfd("stitch", count * kPage, MemfdSeals::kNone).value()},
          mapping{Mapping::map(fd.get(), 0, count * kPage, MapAccess::kReadWrite).value()} {
        for (size_t page = 0; page < count; ++page) {
            std::memset(mapping.data() + page * kPage, static_cast<int>(page), kPage);
        }
    }
    [[nodiscard]] FileSpan span(uint64_t page, uint64_t length = kPage) const {
        return {fd.get(), page * kPage, length};
    }

    UniqueFd fd;
    Mapping mapping;
};

/// All steps.
Result<StitchedMapping> stitch(std::vector<FileSpan> spans) {
    auto mapping = StitchedMapping::begin(std::move(spans));
    while (mapping) {
        const Result<bool> complete = mapping->step();
        if (!complete) {
            return tl::unexpected(complete.error());
        }
        if (*complete) {
            break;
        }
    }
    return mapping;
}

TEST_CASE("pieces of several files read as one, and are the files' pages") {
    Pages a{8};
    const Pages b{8};
    const std::vector<FileSpan> spans{a.span(7), a.span(2, 3 * kPage), b.span(5), a.span(1, 100)};
    const auto stitched = stitch(spans);
    REQUIRE(stitched.has_value());
    const auto bytes = stitched->bytes();
    CHECK(bytes.size() == 5 * kPage + 100);
    CHECK(bytes[0] == std::byte{7});
    CHECK(bytes[kPage] == std::byte{2});
    CHECK(bytes[4 * kPage - 1] == std::byte{4});
    CHECK(bytes[4 * kPage] == std::byte{5});
    CHECK(bytes[5 * kPage + 99] == std::byte{1});
    a.mapping.data()[7 * kPage] = std::byte{0xee};
    CHECK(bytes[0] == std::byte{0xee});
    CHECK_FALSE(stitched->damaged());
}

TEST_CASE("what isn't whole pages, or nothing, is refused") {
    const Pages a{8};
    const size_t before = StitchedMapping::pieces_together();
    CHECK_FALSE(stitch({}).has_value());
    CHECK_FALSE(stitch(std::vector{a.span(0, 0)}).has_value());
    CHECK_FALSE(stitch(std::vector{a.span(0, 100), a.span(1)}).has_value());
    CHECK_FALSE(stitch(std::vector{FileSpan{a.fd.get(), 512, kPage}}).has_value());
    CHECK_FALSE(stitch(std::vector{FileSpan{-1, 0, kPage}}).has_value());
    CHECK(StitchedMapping::pieces_together() == before);
}

TEST_CASE("the pieces of one mapping, and of all together, are bounded") {
    const Pages a{2};
    std::vector<FileSpan> spans;
    for (size_t i = 0; i < StitchedMapping::kMaxPieces; ++i) {
        spans.push_back(a.span(1 - i % 2));
    }
    {
        std::vector<StitchedMapping> all;
        for (size_t i = 0; i < StitchedMapping::kMaxPiecesTogether / StitchedMapping::kMaxPieces;
             ++i) {
            auto stitched = stitch(spans);
            REQUIRE(stitched.has_value());
            all.push_back(std::move(*stitched));
        }
        CHECK(StitchedMapping::pieces_together() == StitchedMapping::kMaxPiecesTogether);
        CHECK_FALSE(stitch(std::vector{a.span(0)}).has_value());
        all[1] = std::move(all[0]);
        all.erase(all.begin());
        CHECK(stitch(std::vector{a.span(0)}).has_value());
    }
    CHECK(StitchedMapping::pieces_together() == 0);
    spans.push_back(a.span(0));
    CHECK_FALSE(stitch(spans).has_value());
}

TEST_CASE("a file that shrinks under the mapping is noticed and survived") {
    const Pages a{8};
    auto stitched = stitch(std::vector{a.span(6), a.span(1)});
    REQUIRE(stitched.has_value());
    REQUIRE(::ftruncate(a.fd.get(), 4 * kPage) == 0);
    const StitchedMapping moved = std::move(*stitched);
    CHECK(*static_cast<const volatile std::byte*>(moved.bytes().data()) == std::byte{0});
    CHECK(moved.damaged());
}

}  // namespace
