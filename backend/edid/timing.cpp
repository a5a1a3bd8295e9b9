// SPDX-License-Identifier: MIT
#include "timing.h"

#include <algorithm>

namespace oriel::edid {
namespace {

// CVT 1.2, table 3-2 and section 3.4.2: constants of reduced blanking.
constexpr uint32_t kHBlank = 160;
constexpr uint32_t kHSync = 32;
constexpr uint32_t kHFront = 48;
constexpr uint32_t kVFront = 3;
constexpr uint32_t kMinVBack = 6;
constexpr uint64_t kMinVBlankNs = 460'000;

constexpr uint64_t kNsPerMhz = 1'000'000'000'000;  // a period in ns times a rate in mHz
constexpr uint64_t kMinClockMhz = 10'000'000'000;  // 10 MHz in mHz
constexpr uint32_t kMaxExtraLines = 40;

/// CVT codes the aspect ratio in the width of the vertical sync.
uint32_t v_sync_of(Size size) {
    const auto is = [size](uint32_t across, uint32_t down) {
        return uint64_t{size.width} * down == uint64_t{size.height} * across;
    };
    if (is(4, 3)) {
        return 4;
    }
    if (is(16, 9)) {
        return 5;
    }
    if (is(16, 10)) {
        return 6;
    }
    if (is(5, 4) || is(15, 9)) {
        return 7;
    }
    return 10;
}

uint64_t distance(uint64_t a, uint64_t b) {
    return a > b ? a - b : b - a;
}

/// In millionths of a hertz.
uint64_t refresh_uhz(uint64_t clock_10khz, uint64_t pixels) {
    return clock_10khz * 10'000 * 1'000'000 / pixels;
}

}  // namespace

uint64_t Timing::refresh_mhz() const {
    const uint64_t pixels = uint64_t{h_total()} * v_total();
    return (uint64_t{clock_10khz} * 10'000'000 + pixels / 2) / pixels;
}

uint64_t Timing::line_rate_hz() const {
    return uint64_t{clock_10khz} * 10'000 / h_total();
}

Timing reduced_blanking(Size size, uint32_t refresh_mhz) {
    Timing timing{.active = size, .h_blank = kHBlank, .h_front = kHFront, .h_sync = kHSync};
    timing.v_front = kVFront;
    timing.v_sync = v_sync_of(size);
    const uint64_t period_ns = kNsPerMhz / refresh_mhz;
    const uint64_t line_ns = std::max<uint64_t>((period_ns - kMinVBlankNs) / size.height, 1);
    const auto least = static_cast<uint32_t>(kMinVBlankNs / line_ns + 1);
    uint32_t v_blank = std::max(least, kVFront + timing.v_sync + kMinVBack);
    // Tiny modes blank for long: nobody believes a pixel clock below 10 MHz.
    const uint64_t line_mhz = uint64_t{timing.h_total()} * refresh_mhz;
    const auto slowest = static_cast<uint32_t>((kMinClockMhz + line_mhz - 1) / line_mhz);
    if (size.height + v_blank < slowest) {
        v_blank = slowest - size.height;
    }

    const uint64_t wanted_uhz = uint64_t{refresh_mhz} * 1000;
    uint64_t best = UINT64_MAX;
    for (uint32_t extra = 0; extra <= kMaxExtraLines && best >= 500; ++extra) {
        const uint64_t pixels = uint64_t{timing.h_total()} * (size.height + v_blank + extra);
        const uint64_t clock = (pixels * refresh_mhz + 5'000'000) / 10'000'000;
        const uint64_t error = distance(refresh_uhz(clock, pixels), wanted_uhz);
        if (error < best) {
            best = error;
            timing.v_blank = v_blank + extra;
            timing.clock_10khz = static_cast<uint32_t>(std::max<uint64_t>(clock, 1));
        }
    }
    return timing;
}

}  // namespace oriel::edid
