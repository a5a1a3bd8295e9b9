// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "input/router.h"
#include "scanout/scanout_id.h"

namespace oriel::app {

/// What `oriel ctl NAME key ctrl+alt+f2` and its like ask for.
struct InputCommand {
    enum class Action : uint8_t { kKeys, kText, kPointer, kMove, kButton, kWheel, kTouch };
    enum class State : uint8_t { kTap, kDown, kUp };

    Action action = Action::kKeys;
    State state = State::kTap;
    std::vector<std::vector<uint16_t>> chords;  ///< kKeys: one after the other; kButton: the button
    std::string text;                           ///< kText: only what a US keyboard has
    double x = 0;  ///< kPointer, kTouch: guest px; kMove: px; kWheel: notches towards the user
    double y = 0;  ///< the same; kWheel: notches to the right
    ScanoutId scanout = 0;
};

/// The first of `words` is the command's name. The error is a line for the user.
[[nodiscard]] Result<InputCommand> parse_input_command(std::span<const std::string> words,
                                                       InputCommand::State state,
                                                       ScanoutId scanout);

/// Does what the command says, frame by frame. Fails, and does nothing, if the VM has no device
/// that would notice.
[[nodiscard]] Result<void> run_input_command(const InputCommand& command,
                                             input::InputRouter& router);

}  // namespace oriel::app
