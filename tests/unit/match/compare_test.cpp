// SPDX-License-Identifier: MIT
#include "match/compare.h"

#include <doctest/doctest.h>

#include <array>

namespace oriel::match {
namespace {

/// Each pixel is another colour; the sides are no multiples of a block.
Picture pattern(Size size = {37, 11}) {
    Picture picture{size, {}};
    picture.pixels.reserve(size.area());
    for (uint32_t i = 0; i < size.area(); ++i) {
        picture.pixels.push_back((i * 0x010307) & 0x00ffffff);
    }
    return picture;
}

TEST_SUITE("compare") {
    TEST_CASE("equal pictures are equal, whatever the unused byte and the stride") {
        const Picture expected = pattern();
        std::vector<uint32_t> padded(64 * 11, 0xdeadbeef);
        for (uint32_t y = 0; y < 11; ++y) {
            for (uint32_t x = 0; x < 37; ++x) {
                padded[y * 64 + x] = expected.pixels[y * 37 + x] | 0x5a000000;
            }
        }
        const PictureView seen{{37, 11}, 256, std::as_bytes(std::span{padded})};
        const Comparison result = compare(expected.view(), seen);
        CHECK(result.equal);
        CHECK(result.compared == 37 * 11);
        CHECK(result.differing == 0);
        CHECK(result.where.empty());
        CHECK_FALSE(result.first);
        CHECK(result.message() == "equal");
        CHECK(copy_of(seen) == expected);
    }

    TEST_CASE("each pixel alone is seen when it differs by one, in each channel") {
        const Picture expected = pattern();
        for (uint32_t i = 0; i < expected.pixels.size(); ++i) {
            for (const uint32_t bit : {0x1U, 0x100U, 0x10000U}) {
                Picture seen = expected;
                seen.pixels[i] ^= bit;
                const Comparison result = compare(expected.view(), seen.view());
                REQUIRE_FALSE(result.equal);
                REQUIRE(result.differing == 1);
                REQUIRE(result.largest == 1);
                REQUIRE(result.where == Rect{i % 37, i / 37, 1, 1});
                REQUIRE(result.first ==
                        Point{static_cast<int32_t>(i % 37), static_cast<int32_t>(i / 37)});
            }
        }
    }

    TEST_CASE("a comparison says where, how many and how far") {
        const Picture expected = pattern();
        Picture seen = expected;
        seen.pixels[2 * 37 + 30] ^= 0x000080;
        seen.pixels[5 * 37 + 4] ^= 0x010000;
        seen.pixels[5 * 37 + 5] ^= 0x010000;
        const Comparison result = compare(expected.view(), seen.view());
        CHECK(result.differing == 3);
        CHECK(result.largest == 128);
        CHECK(result.where == Rect{4, 2, 27, 4});
        CHECK(result.first == Point{30, 2});
        CHECK(result.message() ==
              "3 of 407 pixels differ, by up to 128, in 27x4 at 4,2; the first is at 30,2");
    }

    TEST_CASE("a difference within the tolerance of a channel is none, one beyond it is") {
        const Picture expected{{64, 2}, std::vector<uint32_t>(128, 0x00808080)};
        Picture seen = expected;
        for (const uint32_t colour : {0x008a8080U, 0x00807680U, 0x00808a76U}) {
            seen.pixels[77] = colour;
            CHECK(compare(expected.view(), seen.view(), {.channel = 10}).equal);
            const Comparison beyond = compare(expected.view(), seen.view(), {.channel = 9});
            CHECK_FALSE(beyond.equal);
            CHECK(beyond.largest == 10);
        }
    }

    TEST_CASE("a share of pixels may differ, and not one more") {
        const Picture expected{{20, 5}, std::vector<uint32_t>(100, 0)};
        Picture seen = expected;
        for (size_t i = 0; i < 5; ++i) {
            seen.pixels[i * 7] = 0x00ffffff;
        }
        CHECK(compare(expected.view(), seen.view(), {.share = 0.05}).equal);
        seen.pixels[99] = 1;
        const Comparison result = compare(expected.view(), seen.view(), {.share = 0.05});
        CHECK_FALSE(result.equal);
        CHECK(result.differing == 6);
    }

    TEST_CASE("what a mask leaves out may be anything") {
        const Picture expected = pattern();
        Picture seen = expected;
        seen.pixels[3 * 37 + 20] ^= 0xff;
        const std::array ignored{Rect{20, 3, 5, 100}, Rect{100, 100, 5, 5}};
        const Mask mask = Mask::without(seen.size, ignored);
        CHECK(mask.compared() == 407 - 5 * 8);
        CHECK(compare(expected.view(), seen.view(), {}, &mask).equal);
        CHECK(compare(expected.view(), seen.view(), {.channel = 1}, &mask).equal);
        seen.pixels[3 * 37 + 19] ^= 0xff;
        const Comparison result = compare(expected.view(), seen.view(), {}, &mask);
        CHECK(result.differing == 1);
        CHECK(result.where == Rect{19, 3, 1, 1});
    }

    TEST_CASE("a mask's picture is black and white") {
        Picture picture{{4, 2}, std::vector<uint32_t>(8, 0xffffff)};
        picture.pixels[5] = 0;
        const auto mask = Mask::from_picture(picture.view());
        REQUIRE(mask.has_value());
        CHECK(mask->compared() == 7);
        picture.pixels[6] = 0x808080;
        const auto grey = Mask::from_picture(picture.view());
        REQUIRE_FALSE(grey.has_value());
        CHECK(grey.error().message() ==
              "a mask is black and white, and its pixel at 2,1 is #808080");
    }

    TEST_CASE("pictures of other sizes differ, and say their sizes") {
        const Picture expected = pattern({10, 4});
        const Picture seen = pattern({10, 5});
        const Comparison result = compare(expected.view(), seen.view(), {.share = 1});
        CHECK_FALSE(result.equal);
        CHECK(result.message() == "10x4 was expected, 10x5 is seen");
        const Mask mask = Mask::without({10, 5}, {});
        const Comparison masked = compare(expected.view(), expected.view(), {}, &mask);
        CHECK_FALSE(masked.equal);
        CHECK(masked.message() == "the mask is 10x5, the picture 10x4");
    }

    TEST_CASE("the picture of a difference is red where they differ, blue where nobody looked") {
        const Picture expected{{3, 1}, {0x00ffffff, 0x00ffffff, 0}};
        const Picture seen{{3, 1}, {0x00ffffff, 0, 0x00ffffff}};
        const std::array ignored{Rect{2, 0, 1, 1}};
        const Mask mask = Mask::without(seen.size, ignored);
        const Picture shown = difference(expected.view(), seen.view(), {}, &mask);
        CHECK(shown == Picture{{3, 1}, {0x00555555, 0x00ff0000, 0x00000060}});
    }

    TEST_CASE("the difference of pictures of other sizes shows both sizes") {
        const Picture expected{{2, 1}, {0, 0}};
        const Picture seen{{1, 2}, {0, 0}};
        const Picture shown = difference(expected.view(), seen.view());
        CHECK(shown == Picture{{2, 2}, {0, 0x00ff0000, 0x00ff0000, 0x00ff0000}});
    }

    TEST_CASE("a part of a picture is a view of it") {
        const Picture picture = pattern();
        const Picture part = copy_of(picture.view().part({3, 2, 2, 2}));
        CHECK(part == Picture{{2, 2},
                              {picture.pixels[2 * 37 + 3], picture.pixels[2 * 37 + 4],
                               picture.pixels[3 * 37 + 3], picture.pixels[3 * 37 + 4]}});
    }
}

}  // namespace
}  // namespace oriel::match
