// SPDX-License-Identifier: MIT
#include "recorder/yuv_planes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace oriel::app::recorder {
namespace {

using Yuv = std::array<int, 3>;

Yuv converted(uint32_t pixel) {
    const match::Picture picture{{1, 1}, {pixel}};
    YuvPlanes planes{{1, 1}};
    planes.convert(picture.view());
    return {planes.bytes()[0], planes.bytes()[1], planes.bytes()[2]};
}

TEST_SUITE("picture as YUV") {
    TEST_CASE("colours have the values of BT.709 in limited range") {
        CHECK(converted(0x000000) == Yuv{16, 128, 128});
        CHECK(converted(0xffffff) == Yuv{235, 128, 128});
        // The colour bars of ITU-R BT.709 at full amplitude.
        CHECK(converted(0xff0000) == Yuv{63, 102, 240});
        CHECK(converted(0x00ff00) == Yuv{173, 42, 26});
        CHECK(converted(0x0000ff) == Yuv{32, 240, 118});
        CHECK(converted(0xffff00) == Yuv{219, 16, 138});
        CHECK(converted(0x00ffff) == Yuv{188, 154, 16});
        CHECK(converted(0xff00ff) == Yuv{78, 214, 230});
    }

    TEST_CASE("every grey has no colour, and grows with its brightness") {
        int before = 15;
        for (uint32_t grey = 0; grey < 256; ++grey) {
            const Yuv yuv = converted(grey * 0x010101);
            CHECK(yuv[0] == static_cast<int>(std::lround(16 + grey * 219.0 / 255)));
            CHECK(yuv[1] == 128);
            CHECK(yuv[2] == 128);
            CHECK(yuv[0] >= before);
            before = yuv[0];
        }
    }

    TEST_CASE("whatever the colour, it comes back within one step of its channel's resolution") {
        int worst = 0;
        for (uint32_t red = 0; red < 256; red += 15) {
            for (uint32_t green = 0; green < 256; green += 15) {
                for (uint32_t blue = 0; blue < 256; blue += 15) {
                    const Yuv yuv = converted(red << 16 | green << 8 | blue);
                    const double y = (yuv[0] - 16) * 255.0 / 219;
                    const double cb = (yuv[1] - 128) * 255.0 / 224;
                    const double cr = (yuv[2] - 128) * 255.0 / 224;
                    const auto off = [&worst](double value, uint32_t was) {
                        worst = std::max(worst, std::abs(static_cast<int>(std::lround(value)) -
                                                         static_cast<int>(was)));
                    };
                    off(y + 1.5748 * cr, red);
                    off(y - 0.1873 * cb - 0.4681 * cr, green);
                    off(y + 1.8556 * cb, blue);
                }
            }
        }
        CHECK(worst <= 2);
    }

    TEST_CASE(
        "the planes are one after the other, rows of a wider picture without what is beside") {
        const match::Picture picture{{3, 2}, {0, 0xffffff, 0xff0000, 0xff, 0xff00, 0x808080}};
        YuvPlanes planes{{2, 2}};
        CHECK(planes.bytes().size() == 12);
        CHECK(planes.bytes()[0] == 16);
        CHECK(planes.bytes()[4] == 128);
        planes.convert(picture.view().part({0, 0, 2, 2}));
        constexpr std::array<uint8_t, 12> kExpected{16,  235, 32,  173, 128, 128,
                                                    240, 42,  128, 128, 118, 26};
        CHECK(std::equal(kExpected.begin(), kExpected.end(), planes.bytes().begin()));
    }
}

}  // namespace
}  // namespace oriel::app::recorder
