// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "test_run/test_result.h"

namespace oriel::app {

/// What is printed while tests run: a line for each that has ended, and, on a terminal, a line that
/// says what the others do now.
class Progress {
public:
    /// `tap`: TAP in place of that.
    Progress(size_t count, bool tap);

    /// What runs now: "boot: wait for the text 'login:'".
    void running(const std::vector<std::string>& tests);
    void ended(const TestResult& result);
    /// The last line.
    void finish(const std::vector<TestResult>& results, double seconds);

private:
    void wipe();

    size_t count_;
    bool tap_;
    bool terminal_;
    size_t ended_ = 0;
    bool live_line_ = false;
};

}  // namespace oriel::app
