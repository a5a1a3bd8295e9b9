// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel ctl kiosk ...`: asks the supervisor, and prints. Throws StartupError for what the user
/// should read.
void ask_kiosk(const CtlOptions& options);

}  // namespace oriel::app
