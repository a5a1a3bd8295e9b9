// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "pci/option_rom.h"

namespace oriel::app {

/// `--option-rom FILE`, made to name this card; says in the log what was changed for that. Throws
/// StartupError with exit code 2 and one line that names the file and what is wrong with it.
[[nodiscard]] pci::OptionRom load_option_rom(const std::string& file);

}  // namespace oriel::app
