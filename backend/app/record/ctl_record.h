// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// Carries out `oriel ctl NAME record`. Throws StartupError; the exit code is 1 where a recording
/// failed that is stopped.
[[nodiscard]] int run_record(const CtlOptions& options);

}  // namespace oriel::app
