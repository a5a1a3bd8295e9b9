// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wayland/choices.h"

namespace oriel::app {

enum class MissingOutputOption : uint8_t { kShow, kHide };

/// What a window does with the guest's picture and the user's input; not for `headless`.
struct WindowOptions {
    wayland::Resize resize = wayland::Resize::kGuest;
    /// By screen: the name of its output, or empty. May be shorter than there are screens.
    std::vector<std::string> output_names;
    MissingOutputOption missing_output = MissingOutputOption::kShow;
    wayland::Scaling scaling = wayland::Scaling::kFit;
    wayland::GrabChoice grab = wayland::GrabChoice::kClick;
    bool confine = false;
    wayland::LatencyChoice latency = wayland::LatencyChoice::kNormal;
    wayland::DecorationsChoice decorations = wayland::DecorationsChoice::kAuto;
    bool inhibit_idle = false;
    bool hud = false;
};

}  // namespace oriel::app
