// SPDX-License-Identifier: MIT
#include "seat/pointer_constraint.h"

#include <utility>

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
                                     wl_pointer* pointer, Kind kind, Events events)
    : surface_{surface}, kind_{kind}, events_{std::move(events)} {
    // Once only: after that the user has to ask again, by a click or a chord.
    constexpr auto kLifetime = ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT;
    if (kind == Kind::kLock) {
        lock_.reset(zwp_pointer_constraints_v1_lock_pointer(globals.constraints(), surface, pointer,
                                                            nullptr, kLifetime));
        zwp_locked_pointer_v1_add_listener(lock_.get(), &kLockListener, this);
    } else {
        confine_.reset(zwp_pointer_constraints_v1_confine_pointer(globals.constraints(), surface,
                                                                  pointer, nullptr, kLifetime));
        zwp_confined_pointer_v1_add_listener(confine_.get(), &kConfineListener, this);
    }
}

void PointerConstraint::hint(Point at) {
    if (lock_) {
        zwp_locked_pointer_v1_set_cursor_position_hint(lock_.get(), wl_fixed_from_int(at.x),
                                                       wl_fixed_from_int(at.y));
    }
}

void PointerConstraint::begin() {
    active_ = true;
    events_.begun();
}

void PointerConstraint::end() {
    active_ = false;
    // Last, and by a copy: it may destroy this.
    const auto ended = events_.ended;
    ended();
}

}  // namespace oriel::wayland
