// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel test`. The exit code: 0 all passed, 1 one failed, 3 the machinery failed. Throws
/// StartupError, with exit code 2 for wrong use.
[[nodiscard]] int run_tests(const TestOptions& options);

}  // namespace oriel::app
