// SPDX-License-Identifier: MIT
#include "recorder/fitted_picture.h"

#include <doctest/doctest.h>

namespace oriel::app::recorder {
namespace {

TEST_SUITE("picture that fits a video") {
    TEST_CASE("one of the video's size is passed on as it is") {
        const match::Picture picture{{2, 1}, {1, 2}};
        FittedPicture fitted{{2, 1}};
        CHECK(fitted.fit(picture.view()).bytes.data() == picture.view().bytes.data());
    }

    TEST_CASE("a smaller one is in the middle, pixel for pixel, and black around") {
        const match::Picture picture{{2, 2}, {1, 2, 3, 4}};
        FittedPicture fitted{{4, 5}};
        const match::PictureView seen = fitted.fit(picture.view());
        CHECK(seen.size == Size{4, 5});
        CHECK(match::copy_of(seen).pixels ==
              std::vector<uint32_t>{0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        SUBCASE("nothing of the one before is left") {
            const match::Picture small{{1, 1}, {9}};
            const match::Picture after = match::copy_of(fitted.fit(small.view()));
            CHECK(std::count(after.pixels.begin(), after.pixels.end(), 0U) == 19);
        }
    }

    TEST_CASE("a larger one becomes as large as fits, with its own shape") {
        const FittedPicture fitted{{640, 480}};
        CHECK(fitted.place_of({1280, 800}) == Rect{0, 40, 640, 400});
        CHECK(fitted.place_of({1280, 1600}) == Rect{128, 0, 384, 480});
        CHECK(fitted.place_of({720, 400}) == Rect{0, 62, 640, 355});
        // As thin as a line.
        CHECK(fitted.place_of({16384, 1}) == Rect{0, 239, 640, 1});
        FittedPicture small{{2, 2}};
        const match::Picture picture{{4, 2}, std::vector<uint32_t>(8, 0x00405060)};
        CHECK(match::copy_of(small.fit(picture.view())).pixels ==
              std::vector<uint32_t>{0x00405060, 0x00405060, 0, 0});
    }
}

}  // namespace
}  // namespace oriel::app::recorder
