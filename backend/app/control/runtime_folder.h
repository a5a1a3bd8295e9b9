// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace oriel::app {

enum class Create : uint8_t { kNo, kYes };

/// The folder of the control sockets: $XDG_RUNTIME_DIR/oriel, without that variable
/// /run/user/UID/oriel, and where that doesn't exist either /tmp/oriel-UID. It is a real folder of
/// this user's that nobody else can enter, or an error.
[[nodiscard]] Result<std::string> runtime_folder(Create create);

/// Where the process that serves the VM `name` (valid) has its control socket.
[[nodiscard]] std::string control_socket_path(const std::string& folder, const std::string& name);

/// Where `oriel run` has a socket for that VM's VMM.
[[nodiscard]] std::string vmm_socket_path(const std::string& folder, const std::string& name,
                                          const char* purpose);

/// The names with a socket in the folder, sorted; whether a process is behind is another question.
[[nodiscard]] std::vector<std::string> control_socket_names(const std::string& folder);

}  // namespace oriel::app
