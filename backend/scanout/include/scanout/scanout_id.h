// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel {

/// A screen of the VM, 0 to kMaxScanouts - 1.
using ScanoutId = uint32_t;
constexpr uint32_t kMaxScanouts = 16;

}  // namespace oriel
