// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/unique_fd.h"

namespace oriel {

// Sockets that the service manager has made and handed over: a socket unit's, sd_listen_fds(3).
// They are found by the path that they are bound to, so they need no names.

/// The one that listens at `path`: the caller's from now on, does not block, isn't inherited by
/// children. Without one it is empty. Whoever has it must not remove the path: that is the
/// manager's.
[[nodiscard]] UniqueFd inherited_listener(const std::string& path);

/// The paths of those that nobody has asked for. Children do not inherit them.
[[nodiscard]] std::vector<std::string> unused_inherited_listeners();

}  // namespace oriel
