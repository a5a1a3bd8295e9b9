// SPDX-License-Identifier: MIT
#include "device_state.h"

#include <utility>

namespace oriel::input {
namespace {

constexpr std::array<uint16_t, 4> kContactAxes{ABS_MT_TRACKING_ID, ABS_MT_TOOL_TYPE,
                                               ABS_MT_POSITION_X, ABS_MT_POSITION_Y};

static_assert(ABS_X == 0 && ABS_Y == 1);

bool change(int32_t& value, int32_t to) {
    return std::exchange(value, to) != to;
}

}  // namespace

int32_t* DeviceState::field(Contact& contact, uint16_t axis) {
    switch (axis) {
        case ABS_MT_TRACKING_ID:
            return &contact.tracking_id;
        case ABS_MT_POSITION_X:
            return &contact.x;
        case ABS_MT_POSITION_Y:
            return &contact.y;
        case ABS_MT_TOOL_TYPE:
            return &contact.tool;
        default:
            return nullptr;
    }
}

bool DeviceState::apply(const Event& event) {
    if (event.type == EV_KEY) {
        if (event.code >= KEY_CNT || keys_[event.code] == (event.value != 0)) {
            return false;
        }
        keys_[event.code] = event.value != 0;
        return true;
    }
    if (event.type != EV_ABS) {
        return true;
    }
    if (event.code == ABS_X || event.code == ABS_Y) {
        return change(axes_[event.code], event.value);
    }
    if (event.code == ABS_MT_SLOT) {
        return event.value >= 0 && event.value < static_cast<int32_t>(kTouchSlots) &&
               change(slot_, event.value);
    }
    int32_t* value = field(contacts_[static_cast<size_t>(slot_)], event.code);
    return value != nullptr && change(*value, event.value);
}

std::vector<Event> DeviceState::events_to(const DeviceState& wanted) const {
    std::vector<Event> events;
    // What was released and pressed again meanwhile is still down, as far as anybody can tell.
    const auto keys = [&](bool pressed) {
        for (uint16_t code = 0; code < KEY_CNT; ++code) {
            if (wanted.keys_[code] == pressed && keys_[code] != pressed) {
                events.push_back({EV_KEY, code, pressed ? 1 : 0});
            }
        }
    };
    keys(false);
    for (uint16_t axis = ABS_X; axis <= ABS_Y; ++axis) {
        const int32_t value = wanted.axes_[axis];
        if (value != axes_[axis]) {
            events.push_back({EV_ABS, axis, value});
        }
    }
    int32_t slot = slot_;
    const auto select = [&](int32_t to) {
        if (change(slot, to)) {
            events.push_back({EV_ABS, ABS_MT_SLOT, to});
        }
    };
    for (uint32_t i = 0; i < kTouchSlots; ++i) {
        Contact before = contacts_[i];
        Contact after = wanted.contacts_[i];
        for (const uint16_t axis : kContactAxes) {
            const int32_t value = *field(after, axis);
            if (value != *field(before, axis)) {
                select(static_cast<int32_t>(i));
                events.push_back({EV_ABS, axis, value});
            }
        }
    }
    select(wanted.slot_);
    keys(true);
    return events;
}

}  // namespace oriel::input
