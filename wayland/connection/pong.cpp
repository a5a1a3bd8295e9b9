// SPDX-License-Identifier: MIT
#include "connection/pong.h"

namespace oriel::wayland {
namespace {

/// A compositor pings when a user does something, or every few seconds.
constexpr RequestPacer::Limits kPongs{.burst = 8, .period = Nanoseconds{10'000'000}};

}  // namespace

const xdg_wm_base_listener Pong::kListener{.ping = [](void* data, xdg_wm_base*, uint32_t serial) {
    static_cast<Pong*>(data)->pinged(serial);
}};

Pong::Pong(Connection& connection, xdg_wm_base* wm_base)
    : wm_base_{wm_base}, pacer_{connection, *this, kPongs} {
    xdg_wm_base_add_listener(wm_base_, &kListener, this);
}

void Pong::pinged(uint32_t serial) {
    serial_ = serial;
    pacer_.request();
}

bool Pong::send_paced() {
    xdg_wm_base_pong(wm_base_, serial_);
    return true;
}

}  // namespace oriel::wayland
