// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace oriel {

/// What a program (looked up in PATH, with its arguments) prints on standard output until it closes
/// that, however it ends. It has no standard input, and what it says on standard error is lost.
/// This waits, so it is for a start only: a program that takes longer than `patience`, or prints
/// more than `limit` bytes, is killed and an error. So is one that prints nothing.
[[nodiscard]] Result<std::string> program_output(const std::vector<std::string>& command,
                                                 size_t limit, Nanoseconds patience);

}  // namespace oriel
