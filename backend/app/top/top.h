// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel top`, to its end. Returns the exit status.
[[nodiscard]] int run_top(const TopOptions& options);

}  // namespace oriel::app
