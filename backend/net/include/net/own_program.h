// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oriel {

/// The path of the program that this process runs; empty if it can't be known. Where the file was
/// replaced since, no file may be there.
[[nodiscard]] std::string own_program();

}  // namespace oriel
