// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.h"

namespace oriel::wayland {

/// Whether WAYLAND_SOCKET, where it is set, names a descriptor that a compositor can be at the
/// other end of. libwayland takes any descriptor, and says nothing about one that isn't there.
[[nodiscard]] Result<void> check_environment_socket();

}  // namespace oriel::wayland
