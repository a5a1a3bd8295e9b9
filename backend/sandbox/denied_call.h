// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "sandbox/sandbox.h"

namespace oriel::sandbox {

/// What happens to a call that the filter denies (it raises SIGSYS): the process ends with a line,
/// or the line is all. False with an errno.
[[nodiscard]] bool handle_denied_calls(Mode mode);

/// Where the kernel sees the calls come from that the handler carries out for Mode::kLog.
[[nodiscard]] uintptr_t carried_out_at();

}  // namespace oriel::sandbox
