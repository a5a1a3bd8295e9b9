// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "cli/options.h"

namespace oriel::app {

/// Writes to standard output, all of it; throws StartupError where that fails.
void print(const std::string& text);

/// `oriel ctl`: asks and prints. Returns the exit code; throws StartupError for what the user
/// should read.
[[nodiscard]] int run_ctl(const CtlOptions& options);

}  // namespace oriel::app
