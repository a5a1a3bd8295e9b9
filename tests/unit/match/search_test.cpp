// SPDX-License-Identifier: MIT
#include "match/search.h"

#include <doctest/doctest.h>

#include "test_picture.h"

namespace oriel::match {
namespace {

using test::desktop;
using test::noise;
using test::paste;
using test::plain;

/// Every place, every pixel.
std::optional<Point> searched_slowly(const Picture& frame, const Picture& needle,
                                     const Tolerance& tolerance) {
    for (uint32_t y = 0; y + needle.size.height <= frame.size.height; ++y) {
        for (uint32_t x = 0; x + needle.size.width <= frame.size.width; ++x) {
            const Rect where{x, y, needle.size.width, needle.size.height};
            if (compare(needle.view(), frame.view().part(where), tolerance).equal) {
                return Point{static_cast<int32_t>(x), static_cast<int32_t>(y)};
            }
        }
    }
    return std::nullopt;
}

TEST_SUITE("search") {
    TEST_CASE("a needle is found at every place, also at the edges") {
        const Picture needle = noise({9, 5}, 1);
        for (const Point at : {Point{0, 0}, Point{111, 0}, Point{0, 45}, Point{111, 45},
                               Point{16, 7}, Point{15, 8}, Point{63, 31}}) {
            Picture frame = desktop({120, 50}, 2);
            paste(frame, needle, static_cast<uint32_t>(at.x), static_cast<uint32_t>(at.y));
            const auto found = search(frame.view(), needle.view());
            REQUIRE(found);
            CHECK(found->where ==
                  Rect{static_cast<uint32_t>(at.x), static_cast<uint32_t>(at.y), 9, 5});
            CHECK(found->differing == 0);
        }
    }

    TEST_CASE("a search finds what looking at every place finds, with each tolerance") {
        for (uint32_t seed = 0; seed < 60; ++seed) {
            oriel::test::Random random{seed};
            // Few colours: many places nearly fit.
            const Picture frame =
                seed % 2 == 0 ? noise({70, 40}, seed, 2 + seed % 3) : desktop({70, 40}, seed, 15);
            const Size size{1 + random.below(12), 1 + random.below(8)};
            Picture needle = copy_of(
                frame.view().part({random.below(70 - size.width), random.below(40 - size.height),
                                   size.width, size.height}));
            for (uint32_t i = 0; i < seed % 4; ++i) {
                needle.pixels[random.below(static_cast<uint32_t>(size.area()))] ^=
                    random.one_in(2) ? 0x030303U : 0x808080U;
            }
            for (const Tolerance& tolerance :
                 {Tolerance{}, Tolerance{.channel = 3}, Tolerance{.share = 0.1},
                  Tolerance{.channel = 4, .share = 0.05}, Tolerance{.channel = 255},
                  Tolerance{.share = 1}}) {
                CAPTURE(seed);
                CAPTURE(tolerance.channel);
                CAPTURE(tolerance.share);
                const auto slow = searched_slowly(frame, needle, tolerance);
                const auto found = search(frame.view(), needle.view(), {.tolerance = tolerance});
                REQUIRE(found.has_value() == slow.has_value());
                if (slow) {
                    REQUIRE(found->where.x == static_cast<uint32_t>(slow->x));
                    REQUIRE(found->where.y == static_cast<uint32_t>(slow->y));
                }
            }
        }
    }

    TEST_CASE("a needle is only found wholly within the area that is searched") {
        const Picture needle = noise({6, 6}, 3);
        Picture frame = plain({60, 60});
        paste(frame, needle, 20, 30);
        const auto in = [&](const Rect& within) {
            return search(frame.view(), needle.view(), {.within = within}).has_value();
        };
        CHECK(in({20, 30, 6, 6}));
        CHECK(in({0, 0, 200, 200}));
        CHECK_FALSE(in({21, 30, 6, 6}));
        CHECK_FALSE(in({20, 30, 5, 6}));
        CHECK_FALSE(in({0, 0, 60, 35}));
        CHECK_FALSE(in({58, 58, 100, 100}));
    }

    TEST_CASE("a needle larger than the frame is not found, one as large is") {
        const Picture frame = noise({20, 20}, 4);
        CHECK(search(frame.view(), frame.view()));
        CHECK(search(frame.view(), frame.view(), {.tolerance = {.share = 0.5}}));
        CHECK_FALSE(search(frame.view(), noise({21, 20}, 4).view()));
        CHECK_FALSE(nearest(frame.view(), noise({20, 21}, 4).view()));
    }

    TEST_CASE("the nearest miss is where the needle differs least, and says by how much") {
        const Picture needle = noise({20, 10}, 5, 7);
        Picture frame = desktop({200, 100}, 6);
        Picture damaged = needle;
        damaged.pixels[42] ^= 0x00ff00;
        damaged.pixels[43] ^= 0x000010;
        paste(frame, damaged, 133, 71);
        CHECK_FALSE(search(frame.view(), needle.view()));
        const auto found = nearest(frame.view(), needle.view());
        REQUIRE(found);
        CHECK(found->where == Rect{133, 71, 20, 10});
        CHECK(found->differing == 2);
        CHECK(found->largest >= 16);
        const auto within = nearest(frame.view(), needle.view(), {.within = {130, 70, 30, 20}});
        REQUIRE(within);
        CHECK(within->where == Rect{133, 71, 20, 10});
    }
}

}  // namespace
}  // namespace oriel::match
