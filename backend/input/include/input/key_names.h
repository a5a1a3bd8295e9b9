// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace oriel::input {

/// The code of a key by its name: Linux' ("KEY_LEFTCTRL", "leftctrl", in any case), QEMU's
/// ("ctrl", "ret", "kp_1") or a common one ("enter", "super").
[[nodiscard]] std::optional<uint16_t> key_code(std::string_view name);

/// The code of a button: "left", "right", "middle", "side", "extra", "forward", "back", or as in
/// "BTN_LEFT".
[[nodiscard]] std::optional<uint16_t> button_code(std::string_view name);

/// QEMU's name of a key (QKeyCode in its qapi/ui.json); empty if it has none.
[[nodiscard]] std::string_view qemu_key_name(uint16_t code);

/// How a US keyboard types a character.
struct Stroke {
    uint16_t code = 0;
    bool shift = false;
};
/// For printable ASCII, newline, tab and backspace.
[[nodiscard]] std::optional<Stroke> stroke_for(char character);

}  // namespace oriel::input
