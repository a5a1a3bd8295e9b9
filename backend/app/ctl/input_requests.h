// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/input_command.h"

namespace oriel::app {

/// A guest reads keys at its pace: so long between two requests.
inline constexpr std::chrono::milliseconds kBetweenStrokes{10};

/// What is asked of a VM's process, one after the other, for the words of an input command: a
/// request for each stroke. `words` begin with the command's name, and are right.
[[nodiscard]] std::vector<nlohmann::json> input_requests(const std::vector<std::string>& words,
                                                         InputCommand::State state,
                                                         ScanoutId scanout);

}  // namespace oriel::app
