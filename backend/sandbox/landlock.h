// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/result.h"
#include "sandbox/sandbox.h"

namespace oriel::sandbox {

/// What this kernel's Landlock leaves open.
struct FileLimits {
    std::string lacks_files{};   ///< why files are not restricted either; empty: they are
    std::string lacks_others{};  ///< what else it doesn't restrict; empty: nothing
};

/// Only files of `rules` can be opened from now on, no TCP connection be made, and no signal and no
/// connection to an abstract socket leave the process, as far as this kernel's Landlock goes.
/// Needs no_new_privs.
[[nodiscard]] Result<FileLimits> restrict_files(const Rules& rules);

}  // namespace oriel::sandbox
