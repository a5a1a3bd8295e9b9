// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel kiosk`. Returns the exit code; throws StartupError for what the user should read.
[[nodiscard]] int run_kiosk(const KioskOptions& options);

}  // namespace oriel::app
