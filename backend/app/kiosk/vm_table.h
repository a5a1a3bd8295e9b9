// SPDX-License-Identifier: MIT
// For kiosk_file.cpp only.
#pragma once

#include <string>
#include <vector>

#include "kiosk/vm_plan.h"
#include "toml_file/toml_values.h"

namespace oriel::app {

/// What the table [vm.NAME] says. What is wrong in it is a mistake, and has its default value in
/// the plan.
[[nodiscard]] VmPlan read_vm_table(const std::string& name, const TomlTable& table,
                                   const std::string& folder, MistakeList& mistakes,
                                   std::vector<std::string>& warnings);

}  // namespace oriel::app
