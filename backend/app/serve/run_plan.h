// SPDX-License-Identifier: MIT
#pragma once

#include "cli/options.h"

namespace oriel::app {

/// `oriel run`: chooses the road of its VM (ServeOptions::dbus is set where QEMU has the card),
/// says which and why, and makes ServeOptions::vmm the whole command line, with what is added to
/// it. Asks QEMU what it has, so it waits, for seconds at most. Throws StartupError. Other
/// commands' options stay as they are.
[[nodiscard]] ServeOptions planned_run(ServeOptions options);

}  // namespace oriel::app
