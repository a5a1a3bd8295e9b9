// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/result.h"

namespace oriel::app::recorder {

/// Writes all of it, however long that takes. `name` is for the error.
[[nodiscard]] Result<void> write_all(int file, std::span<const std::byte> bytes,
                                     const std::string& name);

}  // namespace oriel::app::recorder
