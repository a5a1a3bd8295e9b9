// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace oriel {

/// What a descriptor is, as the kernel names it: "socket:[1234]", "anon_inode:[eventfd]", a path
/// (its first 127 bytes). Nothing if it is closed, or without /proc.
[[nodiscard]] std::optional<std::string> descriptor_target(int fd);

}  // namespace oriel
