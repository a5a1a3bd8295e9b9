// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.h"

namespace oriel {

/// The whole of a plain file of at most `most` bytes. The error names the file.
[[nodiscard]] Result<std::vector<char>> file_bytes(const std::string& path, size_t most);

}  // namespace oriel
