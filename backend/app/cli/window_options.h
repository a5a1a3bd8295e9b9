// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "wayland/choices.h"

namespace oriel::app {

/// What a window does with the guest's picture and the user's input; not for `headless`.
struct WindowOptions {
    wayland::Resize resize = wayland::Resize::kGuest;
    /// Of each screen the name of its output, or empty; no more than there are screens.
    std::vector<std::string> output_names;
    wayland::Scaling scaling = wayland::Scaling::kFit;
    wayland::GrabChoice grab = wayland::GrabChoice::kClick;
    bool confine = false;
    wayland::LatencyChoice latency = wayland::LatencyChoice::kNormal;
    wayland::DecorationsChoice decorations = wayland::DecorationsChoice::kAuto;
    bool inhibit_idle = false;
};

/// What CLI11 fills, as text: checked afterwards, so that each mistake gets a line of its own.
struct RawWindow {
    std::string resize;
    std::string output_map;
    std::string scaling = "fit";
    std::string grab = "click";
    std::string latency = "normal";
    std::string decorations = "auto";
    bool confine = false;
    bool inhibit_idle = false;
};

/// `raw` must outlive the command's parsing.
void add_window_options(CLI::App& command, RawWindow& raw);

/// Throws StartupError with one line that says what is wrong. `mode_for_fullscreen`: a size was
/// named for a full screen, so it is the mode that is wanted there.
[[nodiscard]] WindowOptions check_window(const RawWindow& raw, bool mode_for_fullscreen,
                                         uint32_t screens);

}  // namespace oriel::app
