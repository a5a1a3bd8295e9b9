// SPDX-License-Identifier: MIT
#include "touches.h"

#include <linux/input-event-codes.h>
#include <linux/input.h>

#include <algorithm>

namespace oriel::input {
namespace {

void select(EventTarget& target, size_t slot) {
    target.event({EV_ABS, ABS_MT_SLOT, static_cast<int32_t>(slot)});
}

}  // namespace

std::optional<size_t> Touches::find(int32_t contact) const {
    for (size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].used && slots_[i].contact == contact) {
            return i;
        }
    }
    return std::nullopt;
}

std::optional<size_t> Touches::oldest() const {
    std::optional<size_t> found;
    for (size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].used && !slots_[i].lost &&
            (!found || slots_[i].since < slots_[*found].since)) {
            found = i;
        }
    }
    return found;
}

void Touches::follow(uint64_t life) {
    if (life != life_) {
        life_ = life;
        for (Slot& slot : slots_) {
            slot.lost = slot.used;
        }
    }
}

bool Touches::any() const {
    return oldest().has_value();
}

void Touches::at(EventTarget& target, int32_t contact, int32_t x, int32_t y) {
    auto slot = find(contact);
    const bool down = !slot;
    if (down) {
        const auto free = std::find_if(slots_.begin(), slots_.end(),
                                       [](const Slot& candidate) { return !candidate.used; });
        if (free == slots_.end()) {
            return;
        }
        *free = {.used = true, .contact = contact, .since = ++count_};
        slot = static_cast<size_t>(free - slots_.begin());
    } else if (slots_[*slot].lost) {
        return;
    }
    select(target, *slot);
    if (down) {
        target.event({EV_ABS, ABS_MT_TRACKING_ID, next_id_++});
        target.event({EV_ABS, ABS_MT_TOOL_TYPE, MT_TOOL_FINGER});
    }
    target.event({EV_ABS, ABS_MT_POSITION_X, x});
    target.event({EV_ABS, ABS_MT_POSITION_Y, y});
    if (slot == oldest()) {
        target.event({EV_ABS, ABS_X, x});
        target.event({EV_ABS, ABS_Y, y});
    }
    target.event({EV_KEY, BTN_TOUCH, 1});
}

void Touches::up(EventTarget& target, int32_t contact) {
    if (const auto slot = find(contact)) {
        lift(target, *slot);
    }
}

void Touches::lift(EventTarget& target, size_t slot) {
    const bool known = !slots_[slot].lost;
    slots_[slot] = {};
    if (!known) {
        return;
    }
    select(target, slot);
    target.event({EV_ABS, ABS_MT_TRACKING_ID, -1});
    if (!any()) {
        target.event({EV_KEY, BTN_TOUCH, 0});
    }
}

void Touches::cancel(EventTarget& target, TimePoint since) {
    for (size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].used && !slots_[i].lost) {
            select(target, i);
            target.event({EV_ABS, ABS_MT_TOOL_TYPE, MT_TOOL_PALM});
        }
    }
    if (any()) {
        target.sync(since);
    }
    for (size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].used) {
            lift(target, i);
        }
    }
}

}  // namespace oriel::input
