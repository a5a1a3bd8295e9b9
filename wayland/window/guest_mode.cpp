// SPDX-License-Identifier: MIT
#include "window/guest_mode.h"

#include <algorithm>
#include <utility>

#include "scanout/memory_buffer.h"

namespace oriel::wayland {
namespace {

// A hand that rests; less than what anybody takes for a delay of the program's.
constexpr Nanoseconds kStays{100'000'000};
// A drag goes on: at most three modes a second.
constexpr Nanoseconds kLongest{350'000'000};
// What a guest can have: virtio-gpu resources end at 16384, and nobody draws a desktop in less.
constexpr uint32_t kMinSide = 64;
constexpr uint32_t kMaxSide = MemoryBuffer::kMaxSide;

}  // namespace

GuestMode::GuestMode(EventLoop& loop, Size initial, GuestModeListener& listener)
    : loop_{loop},
      listener_{listener},
      told_{initial},
      wanted_{initial},
      window_{initial},
      timer_{loop, [this] { due(); }} {}

void GuestMode::window_has(Size mode) {
    mode.width = std::clamp(mode.width, kMinSide, kMaxSide);
    mode.height = std::clamp(mode.height, kMinSide, kMaxSide);
    if (std::exchange(window_, mode) == mode) {
        return;
    }
    wanted_ = mode;
    const TimePoint now = loop_.clock().now();
    if (!since_) {
        since_ = now;
    }
    timer_.arm_at(std::min(now + kStays, *since_ + kLongest));
}

void GuestMode::ask(Size mode) {
    told_ = mode;
    wanted_ = mode;
    since_.reset();
    timer_.disarm();
}

void GuestMode::restore(Size wanted, Size window) {
    ask(wanted);
    window_ = window;
}

void GuestMode::due() {
    since_.reset();
    if (std::exchange(told_, wanted_) != wanted_) {
        listener_.guest_mode_changed();
    }
}

}  // namespace oriel::wayland
