// SPDX-License-Identifier: MIT
#include "seat/pointer_constraint.h"

#include <algorithm>

namespace oriel::wayland {

const zwp_locked_pointer_v1_listener PointerConstraint::kLockListener{
    .locked = [](void* data,
                 zwp_locked_pointer_v1*) { static_cast<PointerConstraint*>(data)->begin(); },
    .unlocked = [](void* data,
                   zwp_locked_pointer_v1*) { static_cast<PointerConstraint*>(data)->end(); },
};

const zwp_confined_pointer_v1_listener PointerConstraint::kConfineListener{
    .confined = [](void* data,
                   zwp_confined_pointer_v1*) { static_cast<PointerConstraint*>(data)->begin(); },
    .unconfined = [](void* data,
                     zwp_confined_pointer_v1*) { static_cast<PointerConstraint*>(data)->end(); },
};

PointerConstraint::PointerConstraint(const Globals& globals, wl_surface* surface,
                                     wl_pointer* pointer, Kind kind,
                                     PointerConstraintListener& listener)
    : surface_{surface}, kind_{kind}, listener_{listener} {
    // Once only: after that the user has to ask again, by a click or a chord.
    constexpr auto kLifetime = ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT;
    if (kind == Kind::kLock) {
        lock_.reset(zwp_pointer_constraints_v1_lock_pointer(
            globals.get<zwp_pointer_constraints_v1>(), surface, pointer, nullptr, kLifetime));
        zwp_locked_pointer_v1_add_listener(lock_.get(), &kLockListener, this);
    } else {
        confine_.reset(zwp_pointer_constraints_v1_confine_pointer(
            globals.get<zwp_pointer_constraints_v1>(), surface, pointer, nullptr, kLifetime));
        zwp_confined_pointer_v1_add_listener(confine_.get(), &kConfineListener, this);
    }
}

void PointerConstraint::hint(Point at) {
    if (lock_) {
        // Beyond that wl_fixed_t has no room.
        constexpr int32_t kMost = 1 << 22;
        zwp_locked_pointer_v1_set_cursor_position_hint(
            lock_.get(), wl_fixed_from_int(std::clamp(at.x, -kMost, kMost)),
            wl_fixed_from_int(std::clamp(at.y, -kMost, kMost)));
    }
}

void PointerConstraint::begin() {
    active_ = true;
    listener_.constraint_begun();
}

void PointerConstraint::end() {
    active_ = false;
    listener_.constraint_ended();  // last: it may destroy this
}

}  // namespace oriel::wayland
