// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ctl/openmetrics.h"

namespace oriel::app {

/// The statistics of all VMs that run, by name. All are asked at once, so those that hang take
/// `patience` together, and not each.
[[nodiscard]] std::vector<VmStats> ask_all_for_stats(const std::string& folder,
                                                     std::chrono::milliseconds patience);

}  // namespace oriel::app
