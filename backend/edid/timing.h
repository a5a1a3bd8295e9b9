// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/geometry.h"

namespace oriel::edid {

constexpr uint32_t kMaxDtdSide = 4095;
constexpr uint32_t kMaxDtdClock = 65535;  // in 10 kHz
constexpr uint32_t kMaxDisplayIdClock = 1U << 24;

/// A video timing; horizontal values in px, vertical ones in lines.
struct Timing {
    Size active;
    uint32_t h_blank = 0;
    uint32_t h_front = 0;
    uint32_t h_sync = 0;
    uint32_t v_blank = 0;
    uint32_t v_front = 0;
    uint32_t v_sync = 0;
    uint32_t clock_10khz = 0;

    [[nodiscard]] uint32_t h_total() const { return active.width + h_blank; }
    [[nodiscard]] uint32_t v_total() const { return active.height + v_blank; }
    [[nodiscard]] uint64_t refresh_mhz() const;
    [[nodiscard]] uint64_t line_rate_hz() const;
};

/// VESA CVT 1.2 with reduced blanking (version 1), but with the pixel clock in steps of 10 kHz and,
/// where that brings the refresh rate nearer, a few more lines of vertical blanking.
[[nodiscard]] Timing reduced_blanking(Size size, uint32_t refresh_mhz);

}  // namespace oriel::edid
