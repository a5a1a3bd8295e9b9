// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel::qemu_dbus {

/// What QEMU calls a key (its "qnum": the code of a PC keyboard's first set, extended ones with bit
/// 7 set). `evdev`: KEY_* of linux/input-event-codes.h. 0: QEMU knows no such key.
[[nodiscard]] uint32_t qnum_of(uint16_t evdev);

/// What Mouse.Press calls a button, BTN_*; UINT32_MAX: none of its numbers. A number that QEMU
/// doesn't know would end it.
[[nodiscard]] uint32_t mouse_button_of(uint16_t evdev);

}  // namespace oriel::qemu_dbus
