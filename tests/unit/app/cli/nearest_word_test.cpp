// SPDX-License-Identifier: MIT
#include "cli/nearest_word.h"

#include <doctest/doctest.h>

#include <array>

namespace oriel::app {
namespace {

constexpr auto kWords =
    std::to_array<std::string_view>({"show", "headless", "--fullscreen", "--title", "--qmp"});

TEST_SUITE("nearest word") {
    TEST_CASE("a letter too many, too few, wrong or swapped is a distance of one") {
        CHECK(edit_distance("", "") == 0);
        CHECK(edit_distance("show", "show") == 0);
        CHECK(edit_distance("show", "") == 4);
        CHECK(edit_distance("", "show") == 4);
        CHECK(edit_distance("shoow", "show") == 1);
        CHECK(edit_distance("sow", "show") == 1);
        CHECK(edit_distance("shaw", "show") == 1);
        CHECK(edit_distance("shwo", "show") == 1);
        CHECK(edit_distance("kitten", "sitting") == 3);
        CHECK(edit_distance("abcd", "badc") == 2);
    }

    TEST_CASE("the word that was probably meant is found") {
        CHECK(nearest_word("shwo", kWords) == "show");
        CHECK(nearest_word("hedless", kWords) == "headless");
        CHECK(nearest_word("--fulscreen", kWords) == "--fullscreen");
        CHECK(nearest_word("-title", kWords) == "--title");
        CHECK(nearest_word("fullscreen", kWords) == "--fullscreen");
        CHECK(nearest_word("--qpm", kWords) == "--qmp");
    }

    TEST_CASE("a word that is only begun is found from three letters on") {
        CHECK(nearest_word("--ful", kWords) == "--fullscreen");
        CHECK(nearest_word("--fu", kWords).empty());
    }

    TEST_CASE("a word that is like none gets no suggestion") {
        for (const std::string_view word : {"", "-", "--", "dance", "x", "--frobnicate", "sh"}) {
            CAPTURE(word);
            CHECK(nearest_word(word, kWords).empty());
        }
        CHECK(nearest_word("show", {}).empty());
        CHECK(nearest_word(std::string(100'000, 's'), kWords).empty());
        CHECK(suggestion("dance", kWords).empty());
        CHECK(suggestion("shwo", kWords) == ": did you mean 'show'?");
    }
}

}  // namespace
}  // namespace oriel::app
