// SPDX-License-Identifier: MIT
#include "screen_wait/pattern.h"

#include <doctest/doctest.h>

#include <chrono>

namespace oriel::app {
namespace {

TEST_SUITE("pattern") {
    TEST_CASE("a pattern is found from a place on, line by line") {
        const auto pattern = Pattern::compile("^login: $");
        REQUIRE(pattern);
        const std::string text = "Debian\nlogin: \nlogin: \n";
        const auto first = pattern->find(text);
        REQUIRE(first);
        CHECK(first->begin == 7);
        CHECK(first->end == 14);
        const auto second = pattern->find(text, first->end);
        REQUIRE(second);
        CHECK(second->begin == 15);
        CHECK_FALSE(pattern->find(text, second->end));
        CHECK_FALSE(pattern->find(text, text.size() + 1));
    }

    TEST_CASE("an expression is told as it was given") {
        CHECK(Pattern::compile("^a|b$")->expression() == "^a|b$");
    }

    TEST_CASE("what is no regular expression, or too long, is refused in one line") {
        for (const std::string& text : {std::string{"(a"}, std::string{"a{99999}"},
                                        std::string(Pattern::kMaxLength + 1, 'a')}) {
            const auto pattern = Pattern::compile(text);
            REQUIRE_FALSE(pattern);
            CHECK(pattern.error().message().find('\n') == std::string::npos);
        }
    }

    TEST_CASE("an expression that would run for ever elsewhere takes no time") {
        const auto pattern = Pattern::compile("(a+)+(a|aa)*b");
        REQUIRE(pattern);
        const std::string text(100'000, 'a');
        const auto start = std::chrono::steady_clock::now();
        CHECK_FALSE(pattern->find(text));
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
    }
}

}  // namespace
}  // namespace oriel::app
