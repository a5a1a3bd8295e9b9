// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/clock.h"
#include "input/protocol.h"

namespace oriel::input {

using Event = wire::Event;

/// Absolute axes run from 0 to this, over the guest's whole desktop.
constexpr int32_t kAxisMax = 0x7fff;
/// Fingers that a touch screen tells apart.
constexpr uint32_t kTouchSlots = 10;

/// Whether somebody in the guest hears an event, from nobody to the one that should have it.
enum class Hearing : uint8_t {
    kNobody,  ///< there is no driver, or it doesn't use the device
    kSlow,    ///< there is one, but it has taken nothing of what waits for a long time
    kDriver,
    kWakes,  ///< the machine sleeps, and this device can wake it
};

/// Something in the VM that takes evdev events: a virtio-input device, or what QEMU emulates.
class EventTarget {
public:
    EventTarget() = default;
    EventTarget(const EventTarget&) = delete;
    EventTarget& operator=(const EventTarget&) = delete;
    virtual ~EventTarget() = default;

    /// Whether events get to a guest's driver. What comes while not is dropped.
    [[nodiscard]] virtual bool ready() const = 0;
    /// How well; kNobody exactly while it is not ready().
    [[nodiscard]] virtual Hearing hearing() const {
        return ready() ? Hearing::kDriver : Hearing::kNobody;
    }
    /// Another number means that the guest has forgotten all that it was told: its driver was
    /// reset.
    [[nodiscard]] virtual uint64_t life() const { return 0; }
    /// Adds to the frame at hand. What it can't tell the guest (a code that it doesn't have, a key
    /// that is down already) is dropped.
    virtual void event(const Event& event) = 0;
    /// The frame is complete (SYN_REPORT); the first call for it came at `since`.
    virtual void sync(TimePoint since) = 0;
};

}  // namespace oriel::input
