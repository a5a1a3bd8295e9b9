// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/result.h"

namespace oriel::app {

/// A QMP command as one line of JSON: `text` is such an object ("{"execute": ...}"), or a command's
/// name alone ("system_reset"). The error is a line for the user.
[[nodiscard]] Result<std::string> qmp_command_line(const std::string& text);

}  // namespace oriel::app
