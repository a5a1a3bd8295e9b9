// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"

namespace oriel::app::vdpy {

/// ACRN's virtio-gpu has no more, but whoever else calls the library may.
inline constexpr size_t kMaxScreens = 16;

/// The mode of a screen for which no geometry is named; ACRN's window has it, too.
inline constexpr Size kUnnamed{1280, 720};

/// What vdpy_parse_cmd_option() has read of one screen.
struct ScreenWords {
    /// Nothing: full screen, with its output's mode.
    std::optional<Size> size{};
    Point position{};
    /// Empty: any.
    std::string output{};
    friend bool operator==(const ScreenWords&, const ScreenWords&) = default;
};

struct WindowWords {
    /// One or more. Where none is named there is one of kUnnamed.
    std::vector<ScreenWords> screens{{.size = kUnnamed}};
    bool shm_only = false;
    bool paced = true;
    bool need_compositor = false;
    /// The path of the input devices' sockets, up to their suffixes; empty: there are none.
    std::string input{};
    /// The path of a monitor that takes input; empty: none does.
    std::string qmp{};
    friend bool operator==(const WindowWords&, const WindowWords&) = default;
};

/// Reads the words of a virtio-gpu device's options, see oriel-vdpy.h. The error is one line for
/// the user.
[[nodiscard]] Result<WindowWords> read_window_words(std::string_view options);

}  // namespace oriel::app::vdpy
