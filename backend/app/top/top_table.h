// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/openmetrics.h"
#include "top/process_use.h"

namespace oriel::app {

/// What is known of a VM at one moment.
struct TopSample {
    VmStats vm;
    std::optional<ProcessUse> use;
    double at_s = 0;  ///< on any clock
};

/// A table with a line for each screen of each VM, the rates between two moments. `before`: empty
/// at the first one. No line is longer than `columns`, and there are at most `lines` of them (0: as
/// many as there are).
[[nodiscard]] std::string top_table(const std::vector<TopSample>& now,
                                    const std::vector<TopSample>& before, size_t columns,
                                    size_t lines);

}  // namespace oriel::app
