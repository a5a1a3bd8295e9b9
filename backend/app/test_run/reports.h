// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "test_run/test_result.h"

namespace oriel::app {

/// What all reports have.
struct TestReport {
    std::vector<TestResult> results;
    double seconds = 0;
    uint32_t seed = 0;
    std::string version;
};

/// TAP, version 13.
[[nodiscard]] std::string tap_head(size_t count);
[[nodiscard]] std::string tap_line(const TestResult& result, size_t number);
[[nodiscard]] std::string tap_report(const TestReport& report);

/// JUnit's XML, as GitLab, Jenkins and GitHub's actions read it.
[[nodiscard]] std::string junit_report(const TestReport& report);

/// One file with all pictures in it. `output`: where the pictures' paths begin.
[[nodiscard]] std::string html_report(const TestReport& report, const std::string& output);

/// Bytes of pictures in an HTML report; what is beyond is left out, and the report says so.
constexpr size_t kMaxHtmlPictures = size_t{64} << 20;

/// Writes a file at once, or not at all.
[[nodiscard]] Result<void> write_report(const std::string& path, const std::string& text);

/// Text for XML and HTML: what they can't have is '?'.
[[nodiscard]] std::string markup_text(std::string_view text);

}  // namespace oriel::app
