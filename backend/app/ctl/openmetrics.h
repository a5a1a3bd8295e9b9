// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace oriel::app {

/// What one VM's process has told.
struct VmStats {
    std::string name;
    nlohmann::json stats{};  ///< null: it does not answer
    pid_t pid = 0;           ///< 0: unknown
};

/// The numbers of VMs in the text format of OpenMetrics 1.0, to its "# EOF". Labels are "vm" and,
/// for a screen's, "screen"; units are seconds and bytes. What a VM doesn't tell has no sample.
[[nodiscard]] std::string openmetrics(const std::vector<VmStats>& vms);

}  // namespace oriel::app
