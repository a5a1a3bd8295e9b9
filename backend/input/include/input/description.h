// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "input/event_target.h"
#include "input/protocol.h"

namespace oriel::input {

enum class Kind : uint8_t { kKeyboard, kPointer, kMouse, kTouch };
constexpr size_t kKinds = 4;

/// "keyboard", "pointer", "mouse", "touch".
[[nodiscard]] const char* to_string(Kind kind);

/// What an input device is: all that a driver can ask it.
class Description {
public:
    /// - keyboard: every key that keyboards have, the five LEDs; the guest makes the repeat
    /// - pointer: absolute, five buttons and more, wheels
    /// - mouse: the same, relative
    /// - touch: a screen with kTouchSlots fingers (protocol B)
    [[nodiscard]] static Description of(Kind kind);

    [[nodiscard]] Kind kind() const { return kind_; }
    /// Whether the device sends events of this type and code.
    [[nodiscard]] bool has(uint16_t type, uint16_t code) const;

    /// The answer to a driver's question (5.8.4), at most wire::kPayload bytes; empty: none.
    [[nodiscard]] std::vector<std::byte> answer(uint8_t select, uint8_t subsel) const;

private:
    explicit Description(Kind kind) : kind_{kind} {}

    void add(uint16_t type, std::initializer_list<uint16_t> codes);
    void add_range(uint16_t type, uint16_t first, uint16_t last);
    void add_axis(uint16_t axis, int32_t max);

    Kind kind_;
    std::string name_;
    wire::DeviceIds ids_;
    std::vector<std::byte> properties_;
    /// By event type: a bitmap of codes.
    std::map<uint16_t, std::vector<std::byte>> bits_;
    std::map<uint16_t, wire::AbsInfo> axes_;
};

}  // namespace oriel::input
