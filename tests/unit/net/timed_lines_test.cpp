// SPDX-License-Identifier: MIT
#include "net/timed_lines.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <string>

#include "net/local_socket.h"

namespace oriel {
namespace {

using namespace std::chrono_literals;

struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) ==
                0);
        here = UniqueFd{ends[0]};
        there = UniqueFd{ends[1]};
    }
    void say(std::string_view text, int fd = -1) const {
        REQUIRE(send_with_fd(there.get(), text, fd) == text.size());
    }

    UniqueFd here;
    UniqueFd there;
};

TimedLines lines_of(const Pair& pair, std::chrono::milliseconds patience, size_t longest = 1024) {
    return {pair.here,
            {.deadline = std::chrono::steady_clock::now() + patience,
             .longest = longest,
             .silent = "it is silent",
             .closed = "it has closed"}};
}

TEST_SUITE("timed lines") {
    TEST_CASE("lines come one by one, however they were sent") {
        const Pair pair;
        pair.say("one\ntwo\nth");
        pair.say("ree\n");
        TimedLines lines = lines_of(pair, 5s);
        CHECK(lines.receive()->text == "one");
        CHECK(lines.receive()->text == "two");
        CHECK(lines.receive()->text == "three");
    }

    TEST_CASE("a file goes with the line that it came with") {
        const Pair pair;
        const UniqueFd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        pair.say("a picture\n", file.get());
        TimedLines lines = lines_of(pair, 5s);
        CHECK(lines.receive()->fd);
        pair.say("none\n");
        CHECK_FALSE(lines.receive()->fd);
    }

    TEST_CASE("what does not come in time, or has no end, is an error of that name") {
        const Pair pair;
        CHECK(lines_of(pair, 0ms).receive().error().message() == "it is silent");
        pair.say(std::string(100, 'x'));
        CHECK(lines_of(pair, 5s, 99).receive().error().message() == "it is silent");
    }

    TEST_CASE("a peer that goes is one of its own name, after what it has said") {
        Pair pair;
        pair.say("bye\nhalf");
        pair.there.reset();
        TimedLines lines = lines_of(pair, 5s);
        CHECK(lines.receive()->text == "bye");
        CHECK(lines.receive().error().message() == "it has closed");
    }

    TEST_CASE("who does not read is waited for until the deadline, and no longer") {
        const Pair pair;
        const auto start = std::chrono::steady_clock::now();
        const auto sent = lines_of(pair, 50ms).send(std::string(size_t{8} << 20, 'x'));
        REQUIRE_FALSE(sent);
        CHECK(sent.error().message() == "it is silent");
        CHECK(std::chrono::steady_clock::now() - start >= 50ms);
    }
}

}  // namespace
}  // namespace oriel
