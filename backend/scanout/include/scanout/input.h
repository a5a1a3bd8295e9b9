// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "scanout/scanout_id.h"

namespace oriel {

/// A place on one of the VM's screens.
struct ScreenPoint {
    ScanoutId scanout = 0;
    /// Guest px from the picture's top left corner, 0 to its width or height; fractions count, so
    /// that nothing is lost where a guest px is several of the output's.
    double x = 0;
    double y = 0;
};

/// Wheels as libinput and wl_pointer.axis_value120 count them: 120 is one notch of a wheel.
struct WheelTurn {
    int32_t vertical = 0;    ///< positive: towards the user
    int32_t horizontal = 0;  ///< positive: to the right
};

/// What users do with a presenter's windows, on its way to the VM: a presenter calls it, the input
/// devices implement it. Codes are those of linux/input-event-codes.h, whatever the keymap of the
/// host is. Events of one moment are followed by one frame().
///
/// The sink knows what is pressed: a second press of a key, or the release of one that isn't down,
/// is dropped there, so a presenter may pass on what it gets.
class InputSink {
public:
    InputSink() = default;
    InputSink(const InputSink&) = delete;
    InputSink& operator=(const InputSink&) = delete;
    virtual ~InputSink() = default;

    /// KEY_*. The guest makes its own repeat: a presenter sends none.
    virtual void key(uint32_t code, bool pressed) = 0;
    /// BTN_LEFT and so on.
    virtual void button(uint32_t code, bool pressed) = 0;
    /// The pointer is there (absolute).
    virtual void pointer_at(const ScreenPoint& point) = 0;
    /// The pointer moved (unaccelerated px): what a locked pointer gives.
    virtual void pointer_moved(double dx, double dy) = 0;
    /// Whether pointer_at() reaches the guest. Without, its pointer follows pointer_moved() alone,
    /// and a presenter locks its own while it is in the window.
    [[nodiscard]] virtual bool takes_positions() const = 0;
    virtual void wheel(const WheelTurn& turn) = 0;

    /// `contact` is the presenter's name for a finger until touch_up or touch_cancelled().
    virtual void touch_at(int32_t contact, const ScreenPoint& point) = 0;
    virtual void touch_up(int32_t contact) = 0;
    /// The compositor took the touches for itself: none of them meant anything.
    virtual void touch_cancelled() = 0;

    /// What came since the last one belongs together.
    virtual void frame() = 0;

    /// The keyboard's focus, the pointer or the compositor is lost: releases what is pressed there.
    virtual void release_keys() = 0;
    virtual void release_buttons() = 0;
};

}  // namespace oriel
