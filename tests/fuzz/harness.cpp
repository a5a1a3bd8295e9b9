// SPDX-License-Identifier: MIT
#include "harness.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "core/log.h"

namespace oriel::test {
namespace {

/// As for hostile peers out of process (tests/hostile). Sanitizers make turns longer, not so long.
constexpr int64_t kLongestTurn = 50'000'000;
/// What neighbours do to one turn, they hardly do three times.
constexpr int kTries = 3;
/// More than at the input's beginning: pictures, their buffers and exports, 64 files of memory.
constexpr int kMostFiles = 160;
constexpr size_t kMostBytes = size_t{96} << 20;
/// Several kinds of mistakes, ten lines each: the clocks of the targets stand still.
constexpr size_t kMostLines = 60;
struct Measured {
    int64_t longest_turn = 0;
    int most_files = 0;
    size_t most_bytes = 0;
    size_t lines = 0;
    bool has_turns = false;
};
Measured g_now;

/// CPU time: what others do meanwhile takes none of it.
int64_t cpu_time() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

/// The kernel gives out the lowest number that is free.
int files() {
    const int next = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (next >= 0) {
        ::close(next);
    }
    return next;
}

size_t resident_bytes() {
    static const int statm = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    std::array<char, 128> text{};
    const ssize_t length = ::pread(statm, text.data(), text.size(), 0);
    const std::string_view all{text.data(), length > 0 ? static_cast<size_t>(length) : 0};
    const size_t second = all.find(' ') + 1;
    size_t pages = 0;
    std::from_chars(all.data() + second, all.data() + all.size(), pages);
    return pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

size_t heap_bytes() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

void look() {
    g_now.most_files = std::max(g_now.most_files, files());
    g_now.most_bytes = std::max(g_now.most_bytes, resident_bytes());
}

void count_line(void*, LogLevel, std::string_view) {
    ++g_now.lines;
}

[[noreturn]] void over(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::abort();
}

Measured measure(const uint8_t* data, size_t size) {
    g_now = {};
    const int64_t began = cpu_time();
    play(data, size);
    if (!g_now.has_turns) {
        g_now.longest_turn = cpu_time() - began;
    }
    look();
    return g_now;
}

}  // namespace

// Tables that grow once.
[[gnu::weak]] size_t most_left() {
    return size_t{4} << 20;
}

Turn::Turn(int times) : times_{times}, began_{cpu_time()} {
    g_now.has_turns = true;
}

Turn::~Turn() {
    g_now.longest_turn = std::max(g_now.longest_turn, (cpu_time() - began_) / times_);
    look();
}

}  // namespace oriel::test

// What has been freed is kept apart by AddressSanitizer, 256 MiB of it: that is held by nobody
// here. NOLINTNEXTLINE(bugprone-reserved-identifier): its name for that.
extern "C" const char* __asan_default_options();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() {
    return "quarantine_size_mb=8";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace oriel::test;
    oriel::set_log_sink(count_line, nullptr);
    oriel::set_log_level(oriel::LogLevel::kInfo);
    static const size_t first_heap = heap_bytes();
    const size_t bytes_before = resident_bytes();  // keeps a descriptor of its own
    const int files_before = files();
    Measured measured = measure(data, size);
    for (int i = 1; i < kTries && measured.longest_turn > kLongestTurn; ++i) {
        measured.longest_turn = std::min(measured.longest_turn, measure(data, size).longest_turn);
    }
    if (measured.longest_turn > kLongestTurn) {
        over(fmt::format("a turn took {} ms", measured.longest_turn / 1'000'000));
    }
    if (measured.most_files > files_before + kMostFiles) {
        over(fmt::format("{} descriptors were held", measured.most_files - files_before));
    }
    if (measured.most_bytes > bytes_before + kMostBytes) {
        over(fmt::format("{} MiB were held", (measured.most_bytes - bytes_before) >> 20));
    }
    if (measured.lines > kMostLines) {
        over(fmt::format("{} lines of the log", measured.lines));
    }
    if (files() != files_before) {
        over(fmt::format("{} descriptors are left open", files() - files_before));
    }
    if (heap_bytes() > first_heap + most_left()) {
        over(fmt::format("{} bytes are left", heap_bytes() - first_heap));
    }
    return 0;
}
