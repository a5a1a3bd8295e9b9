// SPDX-License-Identifier: MIT
#include "input_targets.h"

#include <linux/input-event-codes.h>
#include <linux/input.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "qnum_table.h"

namespace oriel::qemu_dbus {
namespace {

constexpr uint32_t kWheelUp = 3;
constexpr uint32_t kWheelDown = 4;
constexpr uint32_t kWheelLeft = 7;
constexpr uint32_t kWheelRight = 8;

constexpr uint32_t kTouchBegin = 0;
constexpr uint32_t kTouchUpdate = 1;
constexpr uint32_t kTouchEnd = 2;
constexpr uint32_t kTouchCancel = 3;

}  // namespace

void KeyboardTarget::event(const input::Event& event) {
    Console* const console = consoles_.input_console();
    const uint32_t number = event.type == EV_KEY ? qnum_of(event.code) : 0;
    if (console == nullptr || number == 0) {
        return;
    }
    // What QEMU has not heard of being pressed need not be released.
    if (event.value == 1 ? console->key(number, true) : down_.erase(number) > 0) {
        if (event.value == 1) {
            down_.insert(number);
        } else {
            console->key(number, false);
        }
    }
}

bool MouseTarget::ready() const {
    const Console* const console = consoles_.input_console();
    return console != nullptr && console->absolute() == (kind_ == Kind::kAbsolute);
}

void MouseTarget::event(const input::Event& event) {
    if (event.type == EV_ABS && kind_ == Kind::kAbsolute) {
        (event.code == ABS_X ? x_ : y_) = event.value;
        moved_ = true;
    } else if (event.type == EV_REL && event.code == REL_WHEEL) {
        wheel(event.value, kWheelUp, kWheelDown);
    } else if (event.type == EV_REL && event.code == REL_HWHEEL) {
        wheel(event.value, kWheelRight, kWheelLeft);
    } else if (event.type == EV_REL && (event.code == REL_X || event.code == REL_Y) &&
               kind_ == Kind::kRelative) {
        (event.code == REL_X ? x_ : y_) += event.value;
        moved_ = true;
    } else if (event.type == EV_KEY) {
        if (const uint32_t number = mouse_button_of(event.code); number != UINT32_MAX) {
            button(number, event.value != 0);
        }
    }
}

/// Before what is clicked there.
void MouseTarget::tell_motion() {
    Console* const console = consoles_.input_console();
    if (!std::exchange(moved_, false) || console == nullptr) {
        return;
    }
    if (kind_ == Kind::kRelative) {
        console->move_by(std::exchange(x_, 0), std::exchange(y_, 0));
    } else if (const auto place = consoles_.place(x_, y_)) {
        place->console->move_to(static_cast<uint32_t>(place->x), static_cast<uint32_t>(place->y));
    }
}

void MouseTarget::button(uint32_t number, bool pressed) {
    tell_motion();
    Console* const console = consoles_.input_console();
    if (console == nullptr) {
        return;
    }
    if (pressed) {
        if (console->button(number, true)) {
            down_.insert(number);
        }
    } else if (down_.erase(number) > 0) {
        console->button(number, false);
    }
}

void MouseTarget::wheel(int32_t notches, uint32_t forwards, uint32_t backwards) {
    const uint32_t number = notches > 0 ? forwards : backwards;
    for (int32_t i = std::min(std::abs(notches), kMaxNotches); i > 0; --i) {
        button(number, true);
        button(number, false);
    }
}

void TouchTarget::event(const input::Event& event) {
    if (event.type != EV_ABS) {
        return;
    }
    if (event.code == ABS_MT_SLOT) {
        slot_ =
            std::min<size_t>(static_cast<size_t>(std::max(event.value, 0)), fingers_.size() - 1);
        return;
    }
    Finger& finger = fingers_.at(slot_);
    switch (event.code) {
        case ABS_MT_TRACKING_ID:
            (event.value >= 0 ? finger.begins : finger.ends) = true;
            break;
        case ABS_MT_TOOL_TYPE:
            finger.cancelled = event.value == MT_TOOL_PALM;
            break;
        case ABS_MT_POSITION_X:
            finger.x = event.value;
            finger.moved = true;
            break;
        case ABS_MT_POSITION_Y:
            finger.y = event.value;
            finger.moved = true;
            break;
        default:
            break;
    }
}

void TouchTarget::sync(TimePoint) {
    for (size_t slot = 0; slot < fingers_.size(); ++slot) {
        tell(slot, fingers_.at(slot));
    }
}

void TouchTarget::tell(uint64_t slot, Finger& finger) {
    const auto place = consoles_.place(finger.x, finger.y);
    if (!place) {
        return;
    }
    const auto send = [&](uint32_t kind) {
        return place->console->touch(kind, slot, place->x, place->y);
    };
    if (finger.begins) {
        finger.down = send(kTouchBegin);
    } else if (finger.moved && finger.down && !finger.ends) {
        send(kTouchUpdate);
    }
    if ((finger.ends || finger.cancelled) && std::exchange(finger.down, false)) {
        send(finger.cancelled ? kTouchCancel : kTouchEnd);
    }
    finger = {.down = finger.down, .x = finger.x, .y = finger.y};
}

}  // namespace oriel::qemu_dbus
