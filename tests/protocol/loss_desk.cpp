// SPDX-License-Identifier: MIT
#include "loss_desk.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>

#include "net/local_socket.h"

namespace oriel::test {

using namespace std::chrono_literals;

UniqueFd listening_socket(const std::string& path) {
    ::unlink(path.c_str());
    return listen_local(path).value();
}

LossDesk::LossDesk(Options options)
    : wanted_{std::move(options.presenter)}, stand_in_{loop, wanted_.screens} {
    clock.advance(1s);
    wanted_.input = &input;
    wanted_.clipboard = &clipboard;
    start(options.compositor);
    link.start(gpu);
    app::DisplayKeeper::Options keep{.socket = {}, .wait = options.wait};
    if (options.named) {
        keep.socket = socket_;
    }
    keeper_ = std::make_unique<app::DisplayKeeper>(
        loop, card, stand_in_, static_cast<app::DisplayOwner&>(*this), std::move(keep));
    static_cast<void>(until_shown());
}

LossDesk::~LossDesk() {
    stand_in_.look_like(card.target());
    card.retarget(stand_in_);
    keeper_.reset();
}

wayland::PresenterOptions LossDesk::presenter_options() {
    wayland::PresenterOptions options;
    options.screens = wanted_.screens;
    options.size_explicit = wanted_.size_explicit;
    options.name = wanted_.name;
    options.title = wanted_.title;
    options.path = wanted_.path;
    options.resize = wanted_.resize;
    options.fullscreen = wanted_.fullscreen;
    options.output_names = wanted_.output_names;
    options.grab = wanted_.grab;
    options.open_libdecor = wanted_.open_libdecor;
    options.input = wanted_.input;
    options.clipboard = wanted_.clipboard;
    options.text_painter = wanted_.text_painter;
    if (presenters++ == 0) {
        // The environment of the tests names no compositor.
        options.connected_fd = connect_local(socket_).value();
    }
    return options;
}

void LossDesk::lose() {
    compositor_.reset();
    while (loop.dispatch(0ms)) {
    }
}

void LossDesk::start(const CompositorOptions& options) {
    start_on(listening_socket(socket_), options);
}

void LossDesk::start_on(UniqueFd listening, const CompositorOptions& options) {
    compositor_ = std::make_unique<TestCompositor>(options);
    compositor_->listen(std::move(listening));
}

bool LossDesk::in_window() const {
    return compositor_ != nullptr &&
           keeper_->report().state == app::CompositorReport::State::kShown;
}

void LossDesk::settle() {
    if (compositor_) {
        compositor_->settle(loop);
    } else {
        while (loop.dispatch(0ms)) {
        }
    }
}

Nanoseconds LossDesk::until_shown(Nanoseconds at_most) {
    const TimePoint start = clock.now();
    for (settle(); !in_window(); settle()) {
        REQUIRE(clock.now() - start < at_most);
        clock.advance(1ms);
    }
    window = state().windows.empty() ? 0 : state().windows.size() - wanted_.screens.size();
    return clock.now() - start;
}

void LossDesk::restart(const CompositorOptions& options) {
    lose();
    start(options);
    static_cast<void>(until_shown());
}

void LossDesk::frame() {
    if (compositor_) {
        compositor_->fire_frame_callbacks();
    }
    clock.advance(17ms);
    settle();
}

void LossDesk::pass(Nanoseconds time, Nanoseconds step) {
    for (const TimePoint end = clock.now() + time; clock.now() < end;) {
        clock.advance(step);
        while (loop.dispatch(0ms)) {
        }
    }
}

}  // namespace oriel::test
