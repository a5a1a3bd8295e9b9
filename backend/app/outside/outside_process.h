// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.h"
#include "core/unique_fd.h"
#include "net/outside.h"

namespace oriel::app {

/// Starts the process outside the sandbox: a fork of this one, before a peer has said a word. It
/// knows `places`, which can't be changed later, and starts no program but those and a fork of its
/// own that tries EGL. It reads nothing but OutsideRequests, and ends with this process.
///
/// Returns its socket, for an Outside. To be called while this process has one thread.
[[nodiscard]] Result<UniqueFd> start_outside(const Outside::Places& places);

}  // namespace oriel::app
