// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.h"
#include "core/result.h"

namespace oriel::app {

/// How two traces differ.
struct TraceDifference {
    std::vector<std::string> lines;  ///< the first frame of each screen that differs, and how
    uint64_t frames = 0;             ///< that were compared and are the same
};

/// The error is a line for the user: a trace that can't be read.
[[nodiscard]] Result<TraceDifference> compare_traces(const TraceOptions& options);

/// `oriel trace diff`: 0 same, 1 different, 2 no trace.
[[nodiscard]] int run_trace(const TraceOptions& options);

}  // namespace oriel::app
