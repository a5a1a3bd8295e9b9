// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "cli/checks.h"
#include "cli/values.h"

namespace oriel::app {
namespace {

constexpr uint32_t kMaxJobs = 256;

}  // namespace

TestOptions check_test(const GivenOptions& given) {
    if (given.words.empty()) {
        refuse("test: which one? Expected scripts or folders, for example oriel test boot.toml");
    }
    TestOptions options;
    options.scripts = given.words;
    const std::string jobs = given.text_or_default(OptionId::kJobs);
    const auto number = parse_number(jobs);
    if (!number || *number < 1 || *number > kMaxJobs) {
        refuse(fmt::format("--jobs {}: expected 1 to {}", jobs, kMaxJobs));
    }
    options.jobs = *number;
    options.filter = given.text(OptionId::kFilter).value_or("");
    options.list = given.has(OptionId::kListTests);
    options.update = given.has(OptionId::kUpdate);
    options.keep_going = given.has(OptionId::kKeepGoing);
    options.rerun_failed = given.has(OptionId::kRerunFailed);
    if (const auto seed = given.text(OptionId::kSeed)) {
        options.seed = parse_number(*seed);
        if (!options.seed) {
            refuse(fmt::format("--seed {}: expected a whole number up to {}", *seed, UINT32_MAX));
        }
    }
    options.output = given.text_or_default(OptionId::kOutput);
    if (options.output.empty()) {
        refuse("--output FOLDER is empty");
    }
    options.tap = given.has(OptionId::kTap);
    static_cast<void>(check_choice(given, OptionId::kSandbox));
    options.sandbox = given.text(OptionId::kSandbox).value_or("");
    return options;
}

}  // namespace oriel::app
