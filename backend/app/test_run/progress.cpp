// SPDX-License-Identifier: MIT
#include "test_run/progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "core/text.h"
#include "ctl/ctl.h"
#include "test_run/reports.h"

namespace oriel::app {
namespace {

constexpr size_t kTerminalWidth = 79;

}  // namespace

Progress::Progress(size_t count, bool tap)
    : count_{count}, tap_{tap}, terminal_{!tap && ::isatty(STDOUT_FILENO) == 1} {
    if (tap_) {
        print(tap_head(count_));
    }
}

void Progress::wipe() {
    if (live_line_) {
        print("\r\x1b[K");
        live_line_ = false;
    }
}

void Progress::running(const std::vector<std::string>& tests) {
    if (!terminal_ || tests.empty()) {
        return;
    }
    std::string line =
        printable(fmt::format("[{}/{}] {}", ended_, count_, fmt::join(tests, " | ")));
    if (line.size() > kTerminalWidth) {
        line.resize(kTerminalWidth);
        // Not in the middle of a character.
        while (!line.empty() && !valid_utf8(line)) {
            line.pop_back();
        }
    }
    print("\r\x1b[K" + line);
    live_line_ = true;
}

void Progress::ended(const TestResult& result) {
    wipe();
    ++ended_;
    if (tap_) {
        print(tap_line(result, ended_));
        return;
    }
    const std::string why = result.verdict == Verdict::kPassed ? "" : ": " + result.message;
    print(printable(fmt::format("{:<8} {:>7.2f} s  {}{}", verdict_name(result.verdict),
                                result.seconds, result.name, why)) +
          '\n');
    for (const std::string& line : result.updated) {
        print(printable(fmt::format("    updated {}", line)) + '\n');
    }
}

void Progress::finish(const std::vector<TestResult>& results, double seconds) {
    wipe();
    if (tap_) {
        return;
    }
    print(fmt::format("{} passed, {} failed, {} broken, {} skipped in {:.1f} s\n",
                      count_of(results, Verdict::kPassed), count_of(results, Verdict::kFailed),
                      count_of(results, Verdict::kBroken), count_of(results, Verdict::kSkipped),
                      seconds));
}

}  // namespace oriel::app
