// SPDX-License-Identifier: MIT
#pragma once

#include "options.h"

namespace oriel::app {

/// `oriel ctl`: asks and prints. Returns the exit code; throws StartupError for what the user
/// should read.
[[nodiscard]] int run_ctl(const CtlOptions& options);

}  // namespace oriel::app
