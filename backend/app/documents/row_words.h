// SPDX-License-Identifier: MIT
// What the manual and the options page say about a row of the tables, with the marks of
// cli/inline_text.h.
#pragma once

#include <string>

#include "cli/command_table.h"
#include "cli/option_table.h"

namespace oriel::app {

/// "`--size` *WxH[@HZ]*"
[[nodiscard]] std::string option_heading(const OptionRow& row);
/// Its text, its default value, and which commands have it unless all do.
[[nodiscard]] std::string option_text(const OptionRow& row);
/// "*NAME* `stats` [`--json`]"
[[nodiscard]] std::string ctl_usage(const CtlRow& row);

}  // namespace oriel::app
