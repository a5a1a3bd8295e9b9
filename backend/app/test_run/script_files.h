// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "test_run/script.h"

namespace oriel::app {

constexpr size_t kMaxTests = 10'000;  ///< in one run

/// The scripts of these files, and of those in these folders and below them that have a table [vm]
/// (others are there to be included). Throws StartupError with exit code 2 and a line for each
/// mistake; also where two tests have one name.
[[nodiscard]] std::vector<Script> load_scripts(const std::vector<std::string>& paths);

}  // namespace oriel::app
