// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace oriel::app {

/// What a VM that is gone has left, for people.
struct StaleReport {
    std::time_t since = 0;
    std::string reason;  ///< completes "the VM …"
};

/// Adds "stale", and where that is true "stale_since" (UTC, ISO 8601) and "stale_reason".
void add_stale(nlohmann::json& object, const std::optional<StaleReport>& report);

/// "2026-11-29 21:40:07", where this computer is.
[[nodiscard]] std::string local_time(std::time_t time);

}  // namespace oriel::app
