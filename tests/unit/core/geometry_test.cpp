// SPDX-License-Identifier: MIT
#include "core/geometry.h"

#include <doctest/doctest.h>

using namespace oriel;

TEST_CASE("a rectangle whose edge would overflow 32 bits is not inside anything") {
    CHECK_FALSE(Rect{0xffffffff, 0, 2, 1}.inside({100, 100}));
    CHECK_FALSE(Rect{1, 0xfffffff0, 1, 0x20}.inside({100, 100}));
    CHECK(Rect{99, 99, 1, 1}.inside({100, 100}));
    CHECK_FALSE(Rect{99, 99, 2, 1}.inside({100, 100}));
    CHECK(Rect{100, 100, 0, 0}.inside({100, 100}));
}

TEST_CASE("the intersection of rectangles is their common part or empty") {
    CHECK(intersection({0, 0, 10, 10}, {5, 5, 10, 10}) == Rect{5, 5, 5, 5});
    CHECK(intersection({0, 0, 5, 5}, {5, 0, 5, 5}).empty());
    CHECK(intersection({0, 0, 0xffffffff, 1}, {7, 0, 0xffffffff, 1}) == Rect{7, 0, 0xfffffff8, 1});
}

TEST_CASE("a region counts each pixel once") {
    Region region{Rect{0, 0, 10, 10}};
    region.add(Rect{5, 5, 10, 10});
    CHECK(region.area() == 175);
    CHECK(region.bounds() == Rect{0, 0, 15, 15});
    CHECK(region.contains({5, 5, 10, 5}));
    CHECK_FALSE(region.contains({0, 0, 15, 15}));
}

TEST_CASE("subtracting and clipping leave what is left") {
    Region region{Rect{0, 0, 10, 10}};
    region.subtract(Region{Rect{0, 0, 10, 5}});
    CHECK(region == Region{Rect{0, 5, 10, 5}});
    region.intersect(Rect{8, 8, 100, 100});
    CHECK(region == Region{Rect{8, 8, 2, 2}});
    region.subtract(region);
    CHECK(region.empty());
}

TEST_CASE("a moved-from region is empty and usable") {
    Region a{Rect{0, 0, 4, 4}};
    Region b{std::move(a)};
    CHECK(b.area() == 16);
    a = Region{Rect{1, 1, 1, 1}};
    CHECK(a.area() == 1);
}
