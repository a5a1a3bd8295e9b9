// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

namespace oriel::wayland {

/// `--scaling`: how large a picture is in a window of another size. Guest px are never resampled
/// where they can be the output's px one to one.
enum class Scaling : uint8_t {
    kFit,      ///< as large as can be, with its shape
    kInteger,  ///< the largest whole multiple that has room; kFit where not even one has
    kStretch,  ///< all of the window, whatever its shape
    kNone,     ///< one to one; kFit where that has no room
};

/// `--resize`: what a window's size and the guest's mode have to do with one another.
enum class Resize : uint8_t {
    /// The window's size is the user's, and becomes the mode that the guest is asked for. Until the
    /// guest follows, its picture is scaled inside.
    kGuest,
    /// The guest's mode is its own. The window has it until the user resizes it; then the picture
    /// is
    /// scaled inside.
    kScale,
    /// The window always has the guest's mode; the user can't resize it.
    kFixed,
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

/// `--decorations`: who draws a window's frame.
enum class DecorationsChoice : uint8_t {
    kAuto,  ///< the compositor; this program, with libdecor, where the compositor doesn't
    kNone,  ///< nobody
};

/// As dlopen() (tests): null, and dlerror() says why. Empty: dlopen().
using OpenLibrary = std::function<void*(const char* name)>;

}  // namespace oriel::wayland
