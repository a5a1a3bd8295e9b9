// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel::wayland {

/// `--scaling`: how large a picture is in a window of another size. Guest px are never resampled
/// where they can be the output's px one to one.
enum class Scaling : uint8_t {
    kFit,      ///< as large as can be, with its shape
    kInteger,  ///< the largest whole multiple that has room; kFit where not even one has
    kStretch,  ///< all of the window, whatever its shape
    kNone,     ///< one to one; kFit where that has no room
};

/// `--grab`: when the compositor is asked to leave its keyboard shortcuts to the guest.
enum class GrabChoice : uint8_t {
    kFocus,  ///< whenever the window gets the keyboard
    kClick,  ///< when the user clicks into the window
    kNever,
};

/// `--latency`: what the compositor is to prefer.
enum class LatencyChoice : uint8_t {
    kNormal,  ///< whole frames
    kLow,     ///< the newest frame at once, even if the picture tears
};

}  // namespace oriel::wayland
