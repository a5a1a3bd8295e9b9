// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel ctl NAME wait WHAT...`: prints what was found and returns 0; or what is there instead,
/// and 1. Throws StartupError, with exit code 2 for wrong use.
[[nodiscard]] int run_wait(const CtlOptions& options);

}  // namespace oriel::app
