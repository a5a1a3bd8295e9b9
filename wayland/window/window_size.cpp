// SPDX-License-Identifier: MIT
#include "window/window_size.h"

#include <utility>

namespace oriel::wayland {

void WindowSize::set_guest(Size guest) {
    if (guest != guest_) {
        guest_before_ = guest_;
        guest_ = guest;
    }
}

void WindowSize::follow(Size guest) {
    guest_before_ = std::exchange(user_, std::nullopt).value_or(guest_);
    guest_ = guest;
}

void WindowSize::configured(const ToplevelState& state) {
    imposed_.reset();
    if (state.size.empty()) {
        return;
    }
    if (state.imposed) {
        imposed_ = state.size;
        return;
    }
    // Compositors repeat the size that the window has whenever something else changes, for example
    // the focus. Only another one is a resize.
    if (state.resizing || user_ || (state.size != guest_ && state.size != guest_before_)) {
        user_ = state.size;
    }
}

Size WindowSize::current() const {
    return imposed_.value_or(user_.value_or(guest_));
}

}  // namespace oriel::wayland
