// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// How many file descriptors this process may have (the soft limit of RLIMIT_NOFILE).
[[nodiscard]] size_t descriptor_limit();
/// How many of them nothing that a guest asks for may take. The VMM, the control socket, the
/// compositor and the clipboard are served with these: libwayland even ends a process that has none
/// left for a request.
[[nodiscard]] size_t reserved_descriptors();
/// How many are open now.
[[nodiscard]] size_t open_descriptors();

/// `fd`, just opened for something that a guest has asked for, or EMFILE and closed where it is one
/// of those that are reserved. The kernel gives out the lowest number that is free, so the number
/// says how many are open, whoever has them.
[[nodiscard]] Result<UniqueFd> for_guest(Result<UniqueFd> fd);

}  // namespace oriel
