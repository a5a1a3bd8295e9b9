// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.h"
#include "sandbox/sandbox.h"

namespace oriel::sandbox {

/// Only calls of the list are carried out from now on, see Mode. In all threads. Needs
/// no_new_privs.
[[nodiscard]] Result<void> filter_calls(CallList list, Mode mode);

}  // namespace oriel::sandbox
