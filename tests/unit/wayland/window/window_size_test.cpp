// SPDX-License-Identifier: MIT
#include "window/window_size.h"

#include <doctest/doctest.h>

using namespace oriel;
using namespace oriel::wayland;

TEST_CASE("a window that nobody has resized follows the guest") {
    WindowSize size{{1280, 800}};
    size.configured({});
    CHECK(size.current() == Size{1280, 800});
    size.set_guest({1920, 1080});
    CHECK(size.current() == Size{1920, 1080});
    // The compositor repeats what the window had, for example with a change of focus.
    size.configured({.size = {1920, 1080}});
    size.set_guest({640, 480});
    CHECK(size.current() == Size{640, 480});
}

TEST_CASE("a configure that crosses the guest's change of mode is no resize") {
    WindowSize size{{1280, 800}};
    size.set_guest({1920, 1080});
    size.configured({.size = {1280, 800}});
    CHECK(size.current() == Size{1920, 1080});
}

TEST_CASE("a size that the user has chosen stays, whatever the guest does") {
    WindowSize size{{1280, 800}};
    size.configured({.size = {1000, 700}, .resizing = true});
    CHECK(size.current() == Size{1000, 700});
    size.set_guest({1920, 1080});
    CHECK(size.current() == Size{1000, 700});
    // Also back to the guest's own.
    size.configured({.size = {1920, 1080}, .resizing = true});
    size.set_guest({640, 480});
    CHECK(size.current() == Size{1920, 1080});
}

TEST_CASE("a window that is to be as large as the guest again is, until it is resized again") {
    WindowSize size{{1280, 800}};
    size.configured({.size = {1000, 700}, .resizing = true});
    size.follow({1920, 1080});
    CHECK(size.current() == Size{1920, 1080});
    // A configure of before.
    size.configured({.size = {1000, 700}});
    CHECK(size.current() == Size{1920, 1080});
    size.configured({.size = {1100, 700}});
    CHECK(size.current() == Size{1100, 700});
    // What is imposed stays.
    size.configured({.size = {3840, 2160}, .imposed = true});
    size.follow({640, 480});
    CHECK(size.current() == Size{3840, 2160});
    size.unmapped();
    CHECK(size.current() == Size{640, 480});
}

TEST_CASE("a fullscreen window has the size it is given, and its own again afterwards") {
    WindowSize size{{1280, 800}};
    size.configured({.size = {3840, 2160}, .imposed = true, .fullscreen = true});
    CHECK(size.current() == Size{3840, 2160});
    size.set_guest({1920, 1080});
    CHECK(size.current() == Size{3840, 2160});
    size.configured({});
    CHECK(size.current() == Size{1920, 1080});
}

TEST_CASE("a window in place of another one has the size that the user chose there") {
    WindowSize size{{1280, 800}};
    size.restore(Size{1000, 700});
    size.configured({});
    CHECK(size.current() == Size{1000, 700});
    size.set_guest({640, 480});
    CHECK(size.current() == Size{1000, 700});
    size.configured({.size = {1920, 1080}, .imposed = true});
    CHECK(size.current() == Size{1920, 1080});
    CHECK(size.user() == Size{1000, 700});
}
