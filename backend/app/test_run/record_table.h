// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "test_run/script.h"
#include "toml_file/toml_values.h"

namespace oriel::app {

/// A script's key `record`: a file's name, or a table with more; nothing where it has none, or
/// after a mistake.
[[nodiscard]] std::optional<RecordScript> read_record(const TomlTable& root, MistakeList& mistakes);

}  // namespace oriel::app
