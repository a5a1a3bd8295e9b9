// SPDX-License-Identifier: MIT
#include "connection/startup.h"

namespace oriel::wayland {

const wl_callback_listener Startup::kListener{
    .done = [](void* data, wl_callback*, uint32_t) { static_cast<Startup*>(data)->answered(); }};

Startup::Startup(Connection& connection, StartupSteps& steps, Nanoseconds patience)
    : connection_{connection},
      steps_{steps},
      patience_time_{patience},
      patience_{connection.loop(),
                [this] { connection_.give_up("the Wayland compositor does not answer"); }},
      next_step_{connection.loop(), [this] { next_step(); }} {
    ask();
}

void Startup::stop() {
    state_ = State::kStopped;
    patience_.disarm();
    next_step_.cancel();
    answer_.reset();
}

void Startup::ask() {
    answer_.reset(wl_display_sync(connection_.display()));
    wl_callback_add_listener(answer_.get(), &kListener, this);
    patience_.arm_after(patience_time_);
}

void Startup::answered() {
    answer_.reset();
    patience_.disarm();
    next_step_.schedule();
}

void Startup::next_step() {
    switch (state_) {
        case State::kConnecting:
            know_globals();
            break;
        case State::kGlobalsKnown:
            describe_outputs();
            break;
        case State::kOutputsDescribed:
            --answers_left_;
            finish();
            break;
        case State::kReady:
        case State::kStopped:
            break;
    }
}

void Startup::know_globals() {
    if (const auto done = steps_.globals_known(); !done) {
        connection_.give_up(done.error().message());
    } else if (!connection_.lost()) {
        state_ = State::kGlobalsKnown;
        ask();
    }
}

void Startup::describe_outputs() {
    const auto more = steps_.outputs_described();
    if (!more) {
        connection_.give_up(more.error().message());
        return;
    }
    if (connection_.lost()) {
        return;
    }
    state_ = State::kOutputsDescribed;
    answers_left_ = *more;
    finish();
}

void Startup::finish() {
    if (answers_left_ > 0) {
        ask();
        return;
    }
    state_ = State::kReady;
    steps_.ready();
}

}  // namespace oriel::wayland
