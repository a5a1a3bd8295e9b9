// SPDX-License-Identifier: MIT
// Whatever another client wants a text in: each gets it or does not, and none keeps the loop.
#include "clipboard/text_pipe.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "core/memfd.h"

namespace oriel::wayland {
namespace {

using namespace std::chrono_literals;

struct Ends {
    UniqueFd read;
    UniqueFd write;
};

Ends make_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

struct Writing {
    Writing(UniqueFd to, std::string text) : writer{loop, std::move(to), std::move(text)} {
        // As the program does.
        std::signal(SIGPIPE, SIG_IGN);
    }
    /// How many turns of the loop had anything to do, until none has.
    int turns() {
        int count = 0;
        while (count < 1000 && loop.dispatch(Nanoseconds{0})) {
            ++count;
        }
        return count;
    }

    ManualClock clock;
    EventLoop loop{clock};
    TextWriter writer;
};

off_t size_of(const UniqueFd& file) {
    struct stat status = {};
    REQUIRE(::fstat(file.get(), &status) == 0);
    return status.st_size;
}

}  // namespace

TEST_CASE("a file that can't be polled gets a text piece by piece, and the loop rests afterwards") {
    constexpr size_t kBytes = size_t{16} << 20;
    const UniqueFd file{::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    REQUIRE(file);
    Writing to{UniqueFd{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)}, std::string(kBytes, 'x')};
    CHECK(size_of(file) == 0);
    to.loop.dispatch(Nanoseconds{0});
    CHECK(size_of(file) == off_t{1} << 20);
    CHECK_FALSE(to.writer.finished());
    CHECK(to.turns() <= 20);
    CHECK(to.writer.finished());
    CHECK(size_of(file) == static_cast<off_t>(kBytes));
}

TEST_CASE("what takes no text, or a little of it, is given up without a spin") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd peer{ends[0]};
    Ends never_read = make_pipe();
    Ends gone = make_pipe();
    gone.read.reset();
    Ends wrong = make_pipe();
    struct Kind {
        std::string what;
        UniqueFd fd;
        bool waits;
    };
    std::array kinds{
        Kind{"/dev/null", UniqueFd{::open("/dev/null", O_WRONLY | O_CLOEXEC)}, false},
        Kind{"/dev/full", UniqueFd{::open("/dev/full", O_WRONLY | O_CLOEXEC)}, false},
        Kind{"a folder", UniqueFd{::open("/tmp", O_RDONLY | O_CLOEXEC)}, false},
        Kind{"a file for reading", UniqueFd{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)}, false},
        Kind{"a memfd that can't grow", create_memfd("small", 4096, MemfdSeals::kFixedSize).value(),
             false},
        Kind{"a pipe's end for reading", std::move(wrong.read), true},
        Kind{"a pipe that nobody has any more", std::move(gone.write), false},
        Kind{"a pipe that nobody reads", std::move(never_read.write), true},
        Kind{"a socket that nobody reads", UniqueFd{ends[1]}, true},
        Kind{"an eventfd", UniqueFd{::eventfd(0, EFD_CLOEXEC)}, false},
    };
    for (Kind& kind : kinds) {
        CAPTURE(kind.what);
        REQUIRE(kind.fd);
        Writing to{std::move(kind.fd), std::string(size_t{4} << 20, 'x')};
        CHECK(to.turns() < 100);
        CHECK(to.writer.finished() != kind.waits);
        to.clock.advance(5s);
        CHECK(to.turns() < 10);
        CHECK(to.writer.finished());
    }
}

}  // namespace oriel::wayland
