// SPDX-License-Identifier: MIT
#include "net/program_output.h"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

#include "support/temp_dir.h"

namespace oriel {
namespace {

constexpr Nanoseconds kLong{20'000'000'000};

TEST_SUITE("program output") {
    TEST_CASE("what a program prints is had, whatever its exit status is") {
        const auto text =
            program_output({"sh", "-c", "echo one; echo two; echo no >&2; exit 1"}, 1000, kLong);
        REQUIRE(text);
        CHECK(*text == "one\ntwo\n");
        const auto input = program_output({"sh", "-c", "cat; echo read"}, 1000, kLong);
        REQUIRE(input);
        CHECK(*input == "read\n");
    }

    TEST_CASE("a program that does not stop is killed, and an error that names it") {
        const test::TempDir folder;
        const auto text =
            program_output({"sh", "-c", "echo $$ >$0; exec sleep 60", folder.file("pid")}, 1000,
                           Nanoseconds{300'000'000});
        REQUIRE_FALSE(text);
        CHECK(text.error().message().starts_with("sh: "));
        pid_t pid = 0;
        std::ifstream{folder.file("pid")} >> pid;
        REQUIRE(pid > 0);
        CHECK(::kill(pid, 0) != 0);
        CHECK_FALSE(program_output({"yes"}, 100'000, kLong));
    }

    TEST_CASE("a program that is not there is an error that names it") {
        const auto text = program_output({"/no/such/program"}, 1000, kLong);
        REQUIRE_FALSE(text);
        CHECK(text.error().message().find("/no/such/program") != std::string::npos);
    }
}

}  // namespace
}  // namespace oriel
