// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace oriel {

/// The path of the program that this process runs; empty if it can't be known. Where the file was
/// replaced since, no file may be there.
[[nodiscard]] std::string own_program();

/// The path of a helper program of ours: beside this one, as after a build, if one is there;
/// otherwise where it is installed.
[[nodiscard]] std::string helper_program(std::string_view name);

}  // namespace oriel
