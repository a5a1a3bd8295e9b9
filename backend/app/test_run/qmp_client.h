// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "core/result.h"

namespace oriel::app {

/// One command to a QEMU's monitor socket, in a connection of its own: waits for the answer. Only
/// for a process that has nothing else to do. `command` is a line of JSON. The error is a line for
/// the user, QEMU's own one too; what was returned is a line of JSON.
[[nodiscard]] Result<std::string> qmp_request(const std::string& socket_path,
                                              const std::string& command,
                                              std::chrono::milliseconds patience);

}  // namespace oriel::app
