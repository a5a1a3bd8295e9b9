// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "scanout/display.h"

namespace oriel::app::vdpy {

/// Writes the EDID of a screen: as many of its blocks of 128 bytes as fit, of which the first says
/// how many there are, and zeros behind them.
void write_edid(const ScreenInfo& screen, ScanoutId number, std::span<uint8_t> into);

}  // namespace oriel::app::vdpy
