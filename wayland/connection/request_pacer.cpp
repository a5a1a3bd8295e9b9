// SPDX-License-Identifier: MIT
#include "connection/request_pacer.h"

#include <algorithm>

namespace oriel::wayland {

const wl_callback_listener RequestPacer::kListener{.done = [](void* data, wl_callback*, uint32_t) {
    static_cast<RequestPacer*>(data)->answered();
}};

RequestPacer::RequestPacer(Connection& connection, PacedSender& sender, Limits limits)
    : connection_{connection},
      sender_{sender},
      limits_{limits},
      tokens_{limits.burst},
      counted_{connection.loop().clock().now()},
      later_{connection.loop(), [this] { send_if_allowed(); }},
      turn_end_{connection.loop(), [this] { send_if_allowed(); }} {}

void RequestPacer::request() {
    wanted_ = true;
    if (!answer_ && !later_.deadline()) {
        turn_end_.schedule();
    }
}

void RequestPacer::cancel() {
    wanted_ = false;
    later_.disarm();
    turn_end_.cancel();
}

void RequestPacer::answered() {
    answer_.reset();
    if (wanted_) {
        request();
    }
}

bool RequestPacer::take_token() {
    const TimePoint now = connection_.loop().clock().now();
    const int64_t earned = (now - counted_) / limits_.period;
    tokens_ = static_cast<uint32_t>(std::min<int64_t>(limits_.burst, tokens_ + earned));
    counted_ = tokens_ == limits_.burst ? now : counted_ + earned * limits_.period;
    if (tokens_ == 0) {
        return false;
    }
    --tokens_;
    return true;
}

void RequestPacer::send_if_allowed() {
    if (!wanted_ || connection_.lost()) {
        return;
    }
    if (connection_.congested() || !take_token()) {
        later_.arm_after(limits_.period);
        return;
    }
    wanted_ = false;
    if (sender_.send_paced()) {
        answer_.reset(wl_display_sync(connection_.display()));
        wl_callback_add_listener(answer_.get(), &kListener, this);
    }
}

}  // namespace oriel::wayland
