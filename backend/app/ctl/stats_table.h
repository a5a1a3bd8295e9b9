// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace oriel::app {

/// The statistics of stats_report.h for people. Fields that are missing (an older or newer server)
/// are left out.
[[nodiscard]] std::string stats_table(const nlohmann::json& stats);

}  // namespace oriel::app
