// SPDX-License-Identifier: MIT
#pragma once

#include <linux/input-event-codes.h>

#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <vector>

#include "input/event_target.h"

namespace oriel::input {

/// What evdev events add up to: what a guest's driver believes of its device after them.
class DeviceState {
public:
    /// False, and nothing changed, if the guest would see no difference (a key that is down
    /// already). Motion always makes one.
    bool apply(const Event& event);

    [[nodiscard]] bool pressed(uint16_t code) const { return code < KEY_CNT && keys_[code]; }
    [[nodiscard]] size_t pressed_count() const { return keys_.count(); }

    /// The events, without SYN_REPORT, that take a guest from this state to `wanted`: releases
    /// first, so that nothing new is seen together with what is long gone.
    [[nodiscard]] std::vector<Event> events_to(const DeviceState& wanted) const;

private:
    /// No driver has been told a value.
    static constexpr int32_t kUnknown = std::numeric_limits<int32_t>::min();
    static constexpr int32_t kNoContact = -1;

    struct Contact {
        int32_t tracking_id = kNoContact;
        int32_t x = kUnknown;
        int32_t y = kUnknown;
        int32_t tool = 0;
    };
    [[nodiscard]] static int32_t* field(Contact& contact, uint16_t axis);

    std::bitset<KEY_CNT> keys_;
    std::array<int32_t, 2> axes_{kUnknown, kUnknown};  // ABS_X, ABS_Y
    std::array<Contact, kTouchSlots> contacts_{};
    int32_t slot_ = 0;
};

}  // namespace oriel::input
