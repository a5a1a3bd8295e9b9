// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "cli/command_table.h"
#include "cli/option_table.h"

namespace oriel::app {

/// `oriel --help`: what commands there are.
[[nodiscard]] std::string program_help();
/// `oriel COMMAND --help`: its options, and for ctl its commands.
[[nodiscard]] std::string command_help(CommandId command);
/// "oriel 1.2.3\n"
[[nodiscard]] std::string version_line();

/// An option's line of help with its choices and its default value: "Window title [the VM's name]".
[[nodiscard]] std::string full_help(const OptionRow& row);

}  // namespace oriel::app
