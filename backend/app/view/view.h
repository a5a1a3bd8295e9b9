// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel view`, before its window: lists the domains (false: that was all), or makes sure that the
/// domain can be shown, now or after its next start (true). Waits for libvirt, and with --enable
/// for the user's answer. Throws StartupError with what the user should read.
[[nodiscard]] bool prepare_view(const ViewOptions& options);

}  // namespace oriel::app
