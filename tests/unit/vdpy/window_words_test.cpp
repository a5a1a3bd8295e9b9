// SPDX-License-Identifier: MIT
#include "vdpy/window_words.h"

#include <doctest/doctest.h>

#include <string>

namespace oriel::app::vdpy {
namespace {

WindowWords read(std::string_view options) {
    const auto words = read_window_words(options);
    REQUIRE(words);
    return *words;
}

}  // namespace

TEST_CASE("ACRN's geometry words name a screen each") {
    const WindowWords words = read("geometry=1920x1080+100+50,geometry=fullscreen:1");
    REQUIRE(words.screens.size() == 2);
    CHECK(words.screens[0] == ScreenWords{.size = Size{1920, 1080}, .position = {100, 50}});
    CHECK(words.screens[1] == ScreenWords{});
    CHECK(words.paced);
    CHECK_FALSE(words.need_compositor);
    CHECK(read("geometry=fullscreen").screens.size() == 1);
    CHECK(read("geometry=640x480+-10+0").screens[0].position == Point{-10, 0});
}

TEST_CASE("words of others are left alone") {
    CHECK(read("") == WindowWords{});
    CHECK(read("virtio-gpu,venus=on,,blob") == WindowWords{});
}

TEST_CASE("an output is that of the screen before it, or of all") {
    const WindowWords words =
        read("output=HDMI-A-1,geometry=640x480+0+0,geometry=fullscreen,output=DP-2");
    REQUIRE(words.screens.size() == 2);
    CHECK(words.screens[0].output == "HDMI-A-1");
    CHECK(words.screens[1].output == "DP-2");
    const WindowWords alone = read("output=DP-1");
    REQUIRE(alone.screens.size() == 1);
    CHECK(alone.screens[0] == ScreenWords{.size = kUnnamed, .output = "DP-1"});
}

TEST_CASE("choices are read, and a wrong one says what it is to be") {
    const WindowWords words = read("path=shm,pace=none,compositor=need");
    CHECK(words.shm_only);
    CHECK_FALSE(words.paced);
    CHECK(words.need_compositor);
    const auto wrong = read_window_words("pace=never");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message() ==
          "virtio-gpu: 'pace=never' makes no sense; it is to be pace=none|frame");
}

TEST_CASE("the sockets for what users do are named by their paths") {
    const WindowWords words = read("geometry=640x480+0+0,input=/run/vm/in,qmp=/run/vm/qmp");
    CHECK(words.input == "/run/vm/in");
    CHECK(words.qmp == "/run/vm/qmp");
    CHECK(words.screens.size() == 1);
    CHECK(read("geometry=640x480+0+0").input.empty());
    for (const char* empty : {"input=", "qmp="}) {
        const auto wrong = read_window_words(empty);
        REQUIRE_FALSE(wrong);
        CHECK(wrong.error().message().ends_with("=PATH, of a socket"));
    }
}

TEST_CASE("a geometry that is cut at any place is an error or a shorter one, and nothing else") {
    const std::string whole = "geometry=1920x1080+100+50";
    for (size_t size = std::string{"geometry="}.size(); size < whole.size(); ++size) {
        const auto words = read_window_words(std::string_view{whole}.substr(0, size));
        CAPTURE(size);
        CHECK(words.has_value() == (size == whole.size() - 1));  // "+5"
    }
    for (const char* wrong : {"geometry=0x480+0+0", "geometry=640x480+0", "geometry=640x480+0+0x",
                              "geometry=99999x480+0+0", "geometry=4294967297x1+0+0",
                              "geometry=640 x480+0+0", "geometry=full"}) {
        CAPTURE(wrong);
        CHECK_FALSE(read_window_words(wrong));
    }
}

TEST_CASE("there are sixteen screens at most") {
    std::string options = "geometry=fullscreen";
    for (int i = 1; i < 16; ++i) {
        options += ",geometry=fullscreen";
    }
    CHECK(read(options).screens.size() == 16);
    const auto more = read_window_words(options + ",geometry=640x480+0+0");
    REQUIRE_FALSE(more);
    CHECK(more.error().message() == "virtio-gpu: there are 16 screens at most");
}

}  // namespace oriel::app::vdpy
