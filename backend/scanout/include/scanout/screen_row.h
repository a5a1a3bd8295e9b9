// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "scanout/display.h"

namespace oriel {

/// Puts screens side by side, left to right. One that is not plugged in takes no room, so that a
/// guest's desktop has no hole.
inline void put_side_by_side(std::span<ScreenInfo> screens) {
    int32_t x = 0;
    for (ScreenInfo& screen : screens) {
        screen.position = {x, 0};
        x += screen.connected ? static_cast<int32_t>(screen.preferred.width) : 0;
    }
}

}  // namespace oriel
