// SPDX-License-Identifier: MIT
#include "monitor.h"

#include <utility>

namespace oriel::headless {

HeadlessPresenter::Monitor::Monitor(EventLoop& loop, DisplayEvents* events, ScanoutId id,
                                    const ScreenInfo& info, const PresenterOptions& options)
    : loop_{loop},
      events_{nullptr},
      id_{id},
      info_{info},
      options_{options},
      began_{loop.clock().now()},
      beam_{loop, [this] { beam_is_round(); }},
      copies_{loop, [this] { feed_.sink_ready(); }},
      feed_{loop, *this, options.pace == Pace::kVirtual ? FrameClock::kNone : FrameClock::kOwn} {
    feed_.set_refresh(info.refresh_mhz);
    feed_.meter().path_is("headless", {}, "none");
    feed_.set_seen(info.connected);
    // Only now: nobody is told anything from inside the constructor.
    events_ = events;
}

void HeadlessPresenter::Monitor::set_info(const ScreenInfo& info) {
    const bool was_connected = std::exchange(info_, info).connected;
    feed_.set_refresh(info.refresh_mhz);
    if (was_connected == info.connected) {
        return;
    }
    if (info.connected) {
        feed_.redraw();
    } else {
        beam_.disarm();
        shows_picture_ = false;
        feed_.sink_gone();
    }
    feed_.set_seen(info.connected);
}

bool HeadlessPresenter::Monitor::can_commit(const ScreenPicture& picture, bool pixels) {
    if (!info_.connected || !pixels) {
        return info_.connected;
    }
    if (options_.pace == Pace::kVirtual) {
        // No frame is left out, however long it takes.
        static_cast<void>(picture.framebuffer->memory());
        return true;
    }
    return copies_.complete(*picture.framebuffer);
}

std::optional<CommittedFrame> HeadlessPresenter::Monitor::commit_picture(
    const ScreenPicture& picture, const Region& damage) {
    shows_picture_ = true;
    show(&picture, damage);
    start_frame();
    return CommittedFrame{};
}

bool HeadlessPresenter::Monitor::commit_black() {
    if (!info_.connected) {
        return false;
    }
    shows_picture_ = false;
    feed_.black_shown(false);
    show(nullptr, {});
    start_frame();
    return true;
}

Nanoseconds HeadlessPresenter::Monitor::display_time() const {
    return options_.pace == Pace::kVirtual ? virtual_time_ : loop_.clock().now() - began_;
}

void HeadlessPresenter::Monitor::show(const ScreenPicture* picture, const Region& damage) {
    ++frames_;
    if (options_.frames != nullptr) {
        options_.frames->frame_shown({.scanout = id_,
                                      .number = frames_,
                                      .time = display_time(),
                                      .picture = picture,
                                      .damage = damage});
    }
    virtual_time_ += feed_.refresh_period();
}

void HeadlessPresenter::Monitor::start_frame() {
    if (options_.pace == Pace::kVirtual) {
        return;
    }
    // Frames stay on a grid while the guest keeps up: late timers must not lower the rate.
    const TimePoint now = loop_.clock().now();
    const TimePoint on_grid = last_frame_ + feed_.refresh_period();
    beam_.arm_at(on_grid > now ? on_grid : now + feed_.refresh_period());
}

void HeadlessPresenter::Monitor::beam_is_round() {
    const TimePoint now = loop_.clock().now();
    // When it was due, not now: see start_frame().
    const TimePoint due = last_frame_ + feed_.refresh_period();
    last_frame_ = now - due < feed_.refresh_period() ? due : now;
    feed_.frame_done(true);
}

void HeadlessPresenter::Monitor::frame_shown() {
    if (events_ != nullptr) {
        events_->frame_done(id_);
    }
}

void HeadlessPresenter::Monitor::visibility_changed(bool) {
    if (events_ != nullptr) {
        events_->visibility_changed(id_);
    }
}

}  // namespace oriel::headless
