// SPDX-License-Identifier: MIT
#include "trace/trace_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>

#include "core/file_bytes.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"
#include "trace/traced_frame.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::string& file) {
    const auto bytes = file_bytes(file, size_t{64} << 20);
    return bytes ? std::string{bytes->begin(), bytes->end()} : "unreadable";
}

/// Waits, in a test of something that another process does.
template <class Condition>
bool comes(Condition&& condition) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < until) {
        timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
    return condition();
}

/// As the program does.
struct IgnoredPipes {
    IgnoredPipes() { static_cast<void>(std::signal(SIGPIPE, SIG_IGN)); }
    ~IgnoredPipes() { static_cast<void>(std::signal(SIGPIPE, SIG_DFL)); }
};

TEST_SUITE("trace writer") {
    TEST_CASE("all lines are in the file once the writer has ended, in their order") {
        const test::TempDir folder;
        const test::LogLines log;
        const std::string file = folder.file("trace.jsonl");
        std::string expected;
        {
            auto writer = TraceWriter::open(file);
            REQUIRE(writer);
            for (int i = 0; i < 1000; ++i) {
                const std::string line = fmt::format("{{\"frame\":{}}}\n", i);
                (*writer)->write(line);
                expected += line;
            }
        }
        CHECK(text_of(file) == expected);
        CHECK(log.lines.empty());
        // Another run begins anew.
        static_cast<void>(TraceWriter::open(file));
        CHECK(text_of(file).empty());
    }

    TEST_CASE(
        "a pipe that nobody reads holds nobody up, and what is left out is counted and said") {
        const IgnoredPipes ignored;
        const test::TempDir folder;
        test::LogLines log;
        const std::string file = folder.file("pipe");
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
        const UniqueFd reader{::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        uint64_t missing = 0;
        {
            auto writer = TraceWriter::open(file, 100ms);
            REQUIRE(writer);
            const std::string line = std::string(1023, 'x') + '\n';
            const auto start = std::chrono::steady_clock::now();
            for (int i = 0; i < 4096; ++i) {
                (*writer)->write(line);
            }
            CHECK(std::chrono::steady_clock::now() - start < 2s);
            missing = (*writer)->missing();
            CHECK(log.count("frames come faster than they are written") == 1);
        }
        // The pipes have room for no more.
        CHECK(missing > 4096 - 1200);
        CHECK(log.count("it could not be written in time") == 1);
        CHECK(log.count("frames are not in it") == 1);
        CHECK(log.lines.size() == 3);
    }

    TEST_CASE(
        "a disk that is full is said once, with its reason, and all that is lost is counted") {
        const IgnoredPipes ignored;
        test::LogLines log;
        {
            auto writer = TraceWriter::open("/dev/full");
            REQUIRE(writer);
            // The process finds it out.
            CHECK(comes([&] {
                (*writer)->write("{}\n");
                return log.count("No space left on device") == 1;
            }));
            for (int i = 0; i < 100; ++i) {
                (*writer)->write("{}\n");
            }
        }
        CHECK(log.count("/dev/full: No space left on device: no more frames get into it") == 1);
        CHECK(log.count("frames are not in it") == 1);
        CHECK(log.lines.size() == 2);
    }

    TEST_CASE("where no more can be written the file ends with a whole line") {
        const IgnoredPipes ignored;
        const test::TempDir folder;
        test::LogLines log;
        const std::string file = folder.file("trace.jsonl");
        rlimit before{};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        // More than a page: the memory that the writer shares is a file, too.
        const rlimit small{.rlim_cur = 4100, .rlim_max = before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
        {
            auto writer = TraceWriter::open(file);
            ::setrlimit(RLIMIT_FSIZE, &before);
            REQUIRE(writer);
            for (int i = 0; i < 60; ++i) {
                (*writer)->write(std::string(98, 'x') + "\n");
            }
        }
        const std::string text = text_of(file);
        CHECK(text.size() == 41 * 99);
        CHECK(text.back() == '\n');
        CHECK(log.count("File too large") == 1);
        CHECK(log.count(": 19 frames are not in it") == 1);
    }

    TEST_CASE("a file that can't be made, or a pipe without a reader, is an error at the start") {
        const test::TempDir folder;
        const auto none = TraceWriter::open(folder.file("none/trace"));
        REQUIRE_FALSE(none);
        CHECK(none.error().message().find("none/trace: No such file or directory") !=
              std::string::npos);
        const std::string pipe = folder.file("pipe");
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        CHECK_FALSE(TraceWriter::open(pipe));
        CHECK_FALSE(TraceWriter::open(folder.file("")));
    }
}

}  // namespace
}  // namespace oriel::app
