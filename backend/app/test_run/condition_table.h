// SPDX-License-Identifier: MIT
// For files that read TOML only.
#pragma once

#include <optional>
#include <string>

#include "screen_wait/condition.h"
#include "toml_file/toml_values.h"

namespace oriel::app {

/// A path of the script's; one that is not absolute is relative to `folder`.
[[nodiscard]] std::string path_in(const std::string& folder, const std::string& path);

/// A number that may have a fraction: seconds, 1 ms to a day.
constexpr double kShortestTime = 0.001;
constexpr double kLongestTime = 86'400;

/// The condition that a table says, which has also the keys `also`. Nothing after a mistake.
[[nodiscard]] std::optional<Condition> read_condition(const TomlTable& table,
                                                      const std::string& folder,
                                                      std::span<const std::string_view> also,
                                                      MistakeList& mistakes);

/// [x, y]
[[nodiscard]] std::optional<Point> read_point(const TomlTable& table, std::string_view key);

}  // namespace oriel::app
