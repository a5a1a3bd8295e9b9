// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/result.h"
#include "sandbox/sandbox.h"

namespace oriel::sandbox {

/// Only files of `rules` can be opened from now on, no TCP connection be made, and no signal and no
/// connection to an abstract socket leave the process, as far as this kernel's Landlock goes.
/// Returns a line that says what it lacks; empty: nothing. Needs no_new_privs.
[[nodiscard]] Result<std::string> restrict_files(const Rules& rules);

}  // namespace oriel::sandbox
