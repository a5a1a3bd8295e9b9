// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::app {

/// What a control server answered with "ok": true.
struct ControlAnswer {
    nlohmann::json json;
    UniqueFd fd;
};

/// One request to the process that serves the VM `name`: connects, asks, waits for the answer at
/// most `patience`. The error is a line for the user; a server's own error is one too.
[[nodiscard]] Result<ControlAnswer> control_request(const std::string& socket_path,
                                                    const std::string& name,
                                                    const nlohmann::json& request,
                                                    std::chrono::milliseconds patience);

/// Whether a process listens on that socket.
[[nodiscard]] bool is_alive(const std::string& socket_path);

}  // namespace oriel::app
