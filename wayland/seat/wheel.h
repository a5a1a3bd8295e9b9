// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "scanout/input.h"

namespace oriel::wayland {

/// Makes wheel turns of what a wl_pointer says between two of its frames, whatever its version.
class WheelCounter {
public:
    // `axis`: WL_POINTER_AXIS_*; unknown ones are ignored.
    /// wl_pointer.axis: logical px; 10 are a notch, as compositors have it.
    void scrolled(uint32_t axis, double distance);
    /// wl_pointer.axis_discrete (versions 5 to 7): notches.
    void notches(uint32_t axis, int32_t count);
    /// wl_pointer.axis_value120 (from version 8 on): 120ths of a notch.
    void parts(uint32_t axis, int32_t count120);
    /// wl_pointer.axis_stop: the finger is off the touchpad.
    void stopped(uint32_t axis);

    /// What has come since the last call; what is less than 1/120 of a notch is kept.
    [[nodiscard]] WheelTurn take();

private:
    struct Axis {
        double distance = 0;
        int32_t count120 = 0;
        /// count120 says what `distance` says too, and better.
        bool counted = false;
        double rest = 0;  ///< 120ths
    };
    [[nodiscard]] static int32_t take(Axis& axis);

    std::array<Axis, 2> axes_;
};

}  // namespace oriel::wayland
