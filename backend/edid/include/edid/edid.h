// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/geometry.h"

namespace oriel::edid {

/// The base block, a CTA-861 extension and, for a mode that no detailed timing descriptor can hold,
/// a DisplayID one: 256 or 384 bytes.
using Blob = std::vector<std::byte>;

/// What a monitor says about itself.
struct Monitor {
    /// The mode a guest should choose, in px. Each side 16 to 16384; beyond that the nearer one of
    /// them is meant.
    Size preferred{1280, 800};
    /// 20 to 500 Hz; beyond that the nearer one of them is meant.
    uint32_t refresh_mhz = 60'000;
    /// The visible area; 0x0 where unknown. What an EDID can't hold (above 2550 mm), or what its
    /// readers doubt (below 100 mm), counts as unknown.
    Size physical_mm{};
    /// Product name; the first 13 printable ASCII characters are used; "Oriel" if there are none.
    std::string name = "Oriel";
    /// Tells monitors of one VM apart: desktops remember their arrangement by it.
    uint32_t serial = 1;
};

/// A size in px and a refresh rate.
struct Mode {
    Size size;
    uint32_t refresh_mhz = 0;
    friend bool operator==(const Mode&, const Mode&) = default;
};

/// The mode that the base block of build() has for readers that know no DisplayID: the one asked
/// for where it fits. A side above 4095 px scales both down, keeping the aspect ratio; a pixel
/// clock above 655.35 MHz divides the refresh rate by the smallest whole number that fits (so that
/// a guest still beats in time with the real screen).
[[nodiscard]] Mode expressible(Size size, uint32_t refresh_mhz);

/// The mode that build() offers as the preferred one: the one asked for, within 16 to 16384 px, 20
/// to 500 Hz and a pixel clock of 167 GHz.
[[nodiscard]] Mode offered(Size size, uint32_t refresh_mhz);

/// EDID 1.4 (VESA E-EDID A.2) with a CTA-861 block: preferred mode as first detailed timing with
/// CVT 1.2 reduced blanking, range limits, product name, serial number, and always the classic
/// 640x480, 800x600 and 1024x768 at 60 Hz (a Linux console can go dark for good without them). A
/// preferred mode that doesn't fit there is in a DisplayID 1.3 block, and the detailed timing is
/// its expressible() one.
[[nodiscard]] Blob build(const Monitor& monitor);

/// What an EDID says, as its readers see it: the preferred mode of a DisplayID block counts before
/// that of the base block. Nothing where it is none, or a block's checksum is wrong.
[[nodiscard]] std::optional<Monitor> decode(std::span<const std::byte> blob);

}  // namespace oriel::edid
