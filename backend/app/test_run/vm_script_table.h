// SPDX-License-Identifier: MIT
// For files that read TOML only.
#pragma once

#include <string>

#include "test_run/script_reader.h"
#include "toml_file/toml_values.h"

namespace oriel::app {

/// The table [vm] of a script.
[[nodiscard]] VmScript read_vm_script(const TomlTable& table, const std::string& folder,
                                      const ScriptSurroundings& surroundings,
                                      MistakeList& mistakes);

}  // namespace oriel::app
