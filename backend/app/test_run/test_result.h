// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace oriel::app {

enum class Verdict : uint8_t {
    kPassed,
    kFailed,
    kBroken,   ///< the machinery: no QEMU, a full disk
    kSkipped,  ///< not started
};
/// "passed", "failed", "broken", "skipped".
[[nodiscard]] const char* verdict_name(Verdict verdict);

/// What became of a step. Paths of pictures are relative to the output folder; empty: none.
struct StepResult {
    std::string title;
    std::string place;   ///< "boot.toml:12"
    uint32_t depth = 0;  ///< in groups
    double start = 0;    ///< s after the test's start
    double seconds = 0;
    bool ok = false;
    std::string message;
    std::string picture;
    std::string expected;
    std::string difference;
};

struct TestResult {
    std::string name;
    std::string file;
    Verdict verdict = Verdict::kSkipped;
    double seconds = 0;
    std::string message;  ///< one line: why it did not pass
    std::vector<StepResult> steps;
    std::vector<std::string> command;  ///< that started the VM
    std::string serial;                ///< the end of what the guest said
    std::string log;                   ///< the end of what QEMU and oriel said
    std::string trace;                 ///< of its frames, as pictures' paths are; empty: none
    std::vector<std::string> updated;  ///< lines about references that were written
    std::string recording;  ///< of the whole test, a path as those of pictures; empty: none
    std::string recorded;   ///< what is in it, for people
};

/// How many of these have this verdict.
[[nodiscard]] size_t count_of(const std::vector<TestResult>& results, Verdict verdict);

/// A test may have so many; what is beyond is not recorded.
constexpr size_t kMaxStepResults = 2'000;
constexpr size_t kMaxResultPictures = 200;
/// So many of the last bytes of serial and log.
constexpr size_t kMaxLogText = size_t{64} << 10;

[[nodiscard]] nlohmann::json to_json(const TestResult& result);
/// Nothing if it isn't one.
[[nodiscard]] std::optional<TestResult> result_of_json(const nlohmann::json& object);

}  // namespace oriel::app
