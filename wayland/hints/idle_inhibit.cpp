// SPDX-License-Identifier: MIT
#include "hints/idle_inhibit.h"

#include <utility>

namespace oriel::wayland {
namespace {

constexpr Nanoseconds kLookEvery{5'000'000'000};
// Ten a second: films have 24, cursors blink twice a second at most.
constexpr uint32_t kMoving = 50;

}  // namespace

IdleInhibit::IdleInhibit(EventLoop& loop, const Globals& globals, wl_surface* surface, bool wanted)
    : globals_{globals},
      surface_{surface},
      wanted_{wanted && globals.get<zwp_idle_inhibit_manager_v1>() != nullptr},
      timer_{loop, [this] { look(); }} {}

void IdleInhibit::set_fullscreen(bool fullscreen) {
    fullscreen_ = fullscreen;
    if (!wanted()) {
        timer_.disarm();
        set(false);
    }
}

void IdleInhibit::picture_committed() {
    if (!wanted()) {
        return;
    }
    ++pictures_;
    if (!timer_.deadline()) {
        timer_.arm_after(kLookEvery);
    }
}

void IdleInhibit::look() {
    const uint32_t pictures = std::exchange(pictures_, 0);
    set(pictures >= kMoving);
    // A picture that stands still wakes nobody: the next one begins anew.
    if (pictures != 0) {
        timer_.arm_after(kLookEvery);
    }
}

void IdleInhibit::set(bool inhibited) {
    if (!inhibited) {
        inhibitor_.reset();
    } else if (!inhibitor_) {
        inhibitor_.reset(zwp_idle_inhibit_manager_v1_create_inhibitor(
            globals_.get<zwp_idle_inhibit_manager_v1>(), surface_));
    }
}

}  // namespace oriel::wayland
