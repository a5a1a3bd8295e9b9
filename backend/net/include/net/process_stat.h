// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace oriel {

/// What /proc/PID/stat says of a process: its fields from the third one on (proc(5)), behind the
/// program's name, which may have blanks and brackets. Empty: there is no such process.
[[nodiscard]] std::vector<std::string> process_stat(pid_t pid, const std::string& proc = "/proc");

/// The place of proc(5)'s field `number` among them.
constexpr size_t stat_field(size_t number) {
    return number - 3;
}

}  // namespace oriel
