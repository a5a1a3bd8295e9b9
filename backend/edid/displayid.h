// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "timing.h"

namespace oriel::edid {

constexpr uint32_t kProduct = 1;
constexpr uint32_t kModelYear = 2026;

/// What a DisplayID section says of a monitor.
struct DisplayId {
    Timing native;
    Size mm{};  ///< 0x0: unknown
    uint32_t serial = 0;
};

/// Writes an EDID extension block (128 bytes, all 0 before, its last byte is left to the caller)
/// that is a DisplayID 1.3 section with one timing, marked as the preferred one: sides up to 65536
/// px and pixel clocks up to 167 GHz, where a detailed timing descriptor ends at 4095 px and 655.35
/// MHz.
void put_displayid(std::span<std::byte> block, const DisplayId& monitor);

}  // namespace oriel::edid
