// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace oriel::app {

/// What a process has used, from /proc.
struct ProcessUse {
    double cpu_s = 0;        ///< since it started
    uint64_t rss_bytes = 0;  ///< resident, with what it shares
    uint64_t pss_bytes = 0;  ///< its share of that; 0 where this user may not look
};

/// Nothing where there is no such process.
[[nodiscard]] std::optional<ProcessUse> process_use(pid_t pid, const std::string& proc = "/proc");

}  // namespace oriel::app
