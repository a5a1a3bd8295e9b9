// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "scanout/display.h"

namespace oriel::app {

/// What `oriel ctl NAME screen N on|off|WxH[@HZ]` or `... screen N output OUTPUT` asks for.
struct ScreenCommand {
    ScanoutId scanout = 0;
    ScreenChange change;
    /// Where its window is to be full screen; empty: where it is, and `change` counts.
    std::string output{};
    friend bool operator==(const ScreenCommand&, const ScreenCommand&) = default;
};

/// `words`: the command's arguments, "1" and "off". The error is a line for the user.
[[nodiscard]] Result<ScreenCommand> parse_screen_command(std::span<const std::string> words);

/// There is such a screen; the error is a line for the user. `name`: the VM's.
[[nodiscard]] Result<void> check_screen(uint64_t scanout, const Display& display,
                                        std::string_view name);

/// Does what the command says. The last screen can't be switched off: its window is the user's way
/// back to the VM.
[[nodiscard]] Result<void> run_screen_command(const ScreenCommand& command, Display& display,
                                              std::string_view name);

/// How many of the display's screens are plugged in.
[[nodiscard]] uint32_t connected_screens(const Display& display);

}  // namespace oriel::app
