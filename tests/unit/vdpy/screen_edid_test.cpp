// SPDX-License-Identifier: MIT
#include "vdpy/screen_edid.h"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

namespace oriel::app::vdpy {
namespace {

bool adds_up(const std::vector<uint8_t>& edid, size_t block) {
    const auto first = edid.begin() + static_cast<std::ptrdiff_t>(block * 128);
    return std::accumulate(first, first + 128, 0) % 256 == 0;
}

constexpr ScreenInfo kScreen{
    .preferred = {2560, 1440}, .refresh_mhz = 74'970, .physical_mm = {597, 336}};

}  // namespace

TEST_CASE("an EDID has as many blocks as there is room for, and says so") {
    std::vector<uint8_t> whole(1024, 0xaa);
    write_edid(kScreen, 0, whole);
    CHECK(whole[126] == 1);
    CHECK(adds_up(whole, 0));
    CHECK(adds_up(whole, 1));
    CHECK(whole[256] == 0);

    std::vector<uint8_t> one(128, 0xaa);
    write_edid(kScreen, 0, one);
    CHECK(one[126] == 0);
    CHECK(adds_up(one, 0));
    CHECK(one[0] == 0);
    CHECK(one[1] == 0xff);
    // The size in cm.
    CHECK(one[21] == 60);
    CHECK(one[22] == 34);

    std::vector<uint8_t> none(127, 0xaa);
    write_edid(kScreen, 0, none);
    CHECK(std::accumulate(none.begin(), none.end(), 0) == 0);
}

TEST_CASE("screens of one VM differ in their serial numbers") {
    std::vector<uint8_t> first(128);
    std::vector<uint8_t> second(128);
    write_edid(kScreen, 0, first);
    write_edid(kScreen, 1, second);
    CHECK(first != second);
}

}  // namespace oriel::app::vdpy
