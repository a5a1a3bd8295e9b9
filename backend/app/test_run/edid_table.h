// SPDX-License-Identifier: MIT
// For files that read TOML only.
#pragma once

#include <optional>

#include "screen_wait/condition.h"
#include "toml_file/toml_values.h"

namespace oriel::app {

/// What a script expects of an EDID: { name = "...", preferred = "1024x768", ... }. Nothing after a
/// mistake.
[[nodiscard]] std::optional<Condition> read_edid_table(const TomlTable& table,
                                                       MistakeList& mistakes);

}  // namespace oriel::app
