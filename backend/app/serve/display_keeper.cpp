// SPDX-License-Identifier: MIT
#include "serve/display_keeper.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "core/log_fields.h"

namespace oriel::app {
namespace {

constexpr const char* kKeeperArea = "app";

std::optional<uid_t> owner_of(const std::optional<std::string>& path) {
    struct stat status = {};
    const bool known = path && ::stat(path->c_str(), &status) == 0;
    return known ? std::optional{status.st_uid} : std::nullopt;
}

double seconds(Nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

DisplayKeeper::DisplayKeeper(EventLoop& loop, card::Card& card, card::PacedNullDisplay& stand_in,
                             DisplayOwner& owner, Options options)
    : loop_{loop},
      card_{card},
      stand_in_{stand_in},
      owner_{owner},
      options_{std::move(options)},
      socket_owner_{owner_of(options_.socket)},
      retry_{loop, [this] { connect(); }} {
    try {
        presenter_ = wayland::make_presenter(loop, card, owner.presenter_options());
    } catch (const StartupError& error) {
        if (!options_.await_first || !options_.socket) {
            throw;
        }
        await_first(error.what());
    }
}

DisplayKeeper::~DisplayKeeper() = default;

void DisplayKeeper::display_ready() {
    const bool first = !was_shown_;
    was_shown_ = true;
    state_ = State::kShown;
    shown_at_ = loop_.clock().now();
    watch_.reset();
    said_.clear();
    last_why_.clear();
    show_overlays();  // first: it comes with the picture
    card_.retarget(*presenter_);
    if (first) {
        owner_.windows_ready();
    } else if (back_limiter_.admit(shown_at_)) {
        const LogScope scope{{.event = LogEvent::kCompositorBack}};
        log_info(kKeeperArea, "there is a compositor again, after {:.1f} s",
                 seconds(shown_at_ - lost_at_));
    }
}

void DisplayKeeper::set_dimmed(const std::string& text) {
    for (wayland::Overlay& overlay : overlays_) {
        overlay.dimmed = !text.empty();
        overlay.text = text;
    }
    show_overlays();
}

void DisplayKeeper::set_figures(ScanoutId scanout, const std::string& text) {
    overlays_[scanout].figures = text;
    show_overlay(scanout);
}

void DisplayKeeper::show_overlays() {
    for (ScanoutId scanout = 0; scanout < overlays_.size(); ++scanout) {
        show_overlay(scanout);
    }
}

void DisplayKeeper::show_overlay(ScanoutId scanout) {
    if (state_ == State::kShown && scanout < presenter_->scanout_count()) {
        presenter_->set_overlay(scanout, overlays_[scanout]);
    }
}

void DisplayKeeper::display_lost(const std::string& reason) {
    switch (state_) {
        case State::kStarting:
            if (options_.await_first && options_.socket) {
                await_first(reason);
                presenter_.reset();  // `reason` may be its own
            } else {
                owner_.windows_gone(reason);
            }
            return;
        case State::kShown:
            if (!options_.wait) {
                owner_.windows_gone(reason);
            } else if (!options_.socket) {
                owner_.windows_gone(fmt::format(
                    "{}; there is no other way to it, as WAYLAND_SOCKET is for one connection",
                    reason));
            } else {
                reason_ = reason;
                leave();
            }
            return;
        case State::kConnecting:
            say_why_not(reason);
            presenter_.reset();  // `reason` is its own
            try_later();
            return;
        case State::kWaiting:
            return;
    }
}

/// There is no compositor yet.
void DisplayKeeper::await_first(const std::string& why) {
    reason_ = why;
    lost_at_ = shown_at_ = loop_.clock().now();
    // log: once a process
    log_warn(kKeeperArea, "{}; the VM goes on, and shows when there is a compositor at {}", reason_,
             *options_.socket);
    wait_for_socket();
    retry_.arm_after(delay_);
}

void DisplayKeeper::wait_for_socket() {
    state_ = State::kWaiting;
    watch_.emplace(loop_, *options_.socket, static_cast<SocketWatchListener&>(*this));
}

/// The compositor is gone: the stand-in takes over.
void DisplayKeeper::leave() {
    const TimePoint now = loop_.clock().now();
    ++losses_;
    lost_at_ = now;
    if (lost_limiter_.admit(now)) {
        const LogScope scope{{.event = LogEvent::kCompositorLost}};
        log_warn(kKeeperArea,
                 "{}; the VM goes on, and shows when there is a compositor at {} again", reason_,
                 *options_.socket);
    }
    kept_ = presenter_->kept();
    stand_in_.look_like(*presenter_);
    stand_in_.set_seen(false);
    card_.retarget(stand_in_);
    presenter_.reset();
    wait_for_socket();
    // One that was there for long enough is no sign that the next one won't be.
    delay_ = now - shown_at_ >= kLongest ? kShortest : std::min(2 * delay_, kLongest);
    retry_.arm_at(std::max(now, tried_at_ + delay_));
}

void DisplayKeeper::socket_appeared() {
    // A connection that waits was made to whoever had the socket before.
    attempt_.cancel();
    presenter_.reset();
    state_ = State::kWaiting;
    delay_ = kShortest;
    retry_.arm_at(std::max(loop_.clock().now(), tried_at_ + delay_));
}

void DisplayKeeper::connect() {
    tried_at_ = loop_.clock().now();
    watch_->renew();
    attempt_.start(*options_.socket, socket_owner_);
}

void DisplayKeeper::connect_ended(Result<UniqueFd> socket) {
    if (!socket) {
        if (socket.error().code == EPERM) {
            say_why_not(socket.error().message());
        }
        try_later();
        return;
    }
    wayland::PresenterOptions options = owner_.presenter_options();
    options.connected_fd = std::move(*socket);
    options.connected_by_name = true;
    options.patience = kPatience;
    options.describes = LogLevel::kDebug;
    options.kept = kept_;
    try {
        presenter_ = wayland::make_presenter(loop_, card_, std::move(options));
        state_ = State::kConnecting;
    } catch (const StartupError& error) {
        say_why_not(error.what());
        try_later();
    }
}

void DisplayKeeper::try_later() {
    state_ = State::kWaiting;
    delay_ = std::min(2 * delay_, kLongest);
    // From when this one began: one that has waited for long has waited enough.
    retry_.arm_at(std::max(loop_.clock().now(), tried_at_ + delay_));
}

/// Why a compositor that is there can't be used, once it was so twice: one that starts or ends may
/// hang up.
void DisplayKeeper::say_why_not(const std::string& why) {
    const bool again = std::exchange(last_why_, why) == why;
    if (again && said_ != why && why_limiter_.admit(tried_at_)) {
        said_ = why;
        log_warn(kKeeperArea, "the compositor at {} can't be used: {}", *options_.socket, why);
    }
}

Result<void> DisplayKeeper::move_to_output(ScanoutId scanout, const std::string& output) {
    if (state_ != State::kShown) {
        return host_error("there is no compositor now");
    }
    return presenter_->move_to_output(scanout, output);
}

CompositorReport DisplayKeeper::report() const {
    CompositorReport report{.losses = losses_};
    switch (state_) {
        case State::kStarting:
            break;
        case State::kShown:
            report.state = CompositorReport::State::kShown;
            break;
        case State::kWaiting:
        case State::kConnecting:
            report.state = CompositorReport::State::kAway;
            report.away = loop_.clock().now() - lost_at_;
            report.reason = reason_;
            break;
    }
    return report;
}

}  // namespace oriel::app
