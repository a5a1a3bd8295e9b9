// SPDX-License-Identifier: MIT
#include "scanout/pacing.h"

#include <algorithm>
#include <utility>

namespace oriel {
namespace {

// Compositors send frame callbacks late under load, on a busy machine by hundreds of milliseconds;
// only a longer silence means hidden. Noticing that late costs little: nothing is committed anyway.
constexpr int kHiddenPeriods = 6;
constexpr Nanoseconds kHiddenAtLeast{500'000'000};

}  // namespace

void FramePacer::set_refresh(uint32_t refresh_mhz) {
    // 1 Hz to 1 kHz: whatever a compositor claims beyond that is a mistake.
    const uint32_t sane = std::clamp<uint32_t>(refresh_mhz, 1'000, 1'000'000);
    period_ = Nanoseconds{1'000'000'000'000 / sane};
}

FramePacer::Action FramePacer::flush(FlushDone done) {
    due_ = true;
    waiting_.push_back({std::move(done), clock_.now() + period_});
    return awaiting_since_ || blocked_ ? Action::kNone : Action::kCommit;
}

FramePacer::Action FramePacer::unblocked() {
    blocked_ = false;
    return due_ && !awaiting_since_ ? Action::kCommit : Action::kNone;
}

void FramePacer::committed() {
    due_ = false;
    if (!awaiting_since_) {
        awaiting_since_ = clock_.now();
    }
    answer_all();
}

FramePacer::Action FramePacer::frame_done() {
    awaiting_since_.reset();
    return due_ && !blocked_ ? Action::kCommit : Action::kNone;
}

void FramePacer::drop() {
    due_ = false;
    answer_all();
}

void FramePacer::reset() {
    awaiting_since_.reset();
    drop();
}

std::optional<TimePoint> FramePacer::deadline() const {
    // Flushes wait in the order in which they came and each for the same time.
    return waiting_.empty() ? std::nullopt : std::optional{waiting_.front().until};
}

size_t FramePacer::expire() {
    const TimePoint now = clock_.now();
    const auto first_left = std::find_if(waiting_.begin(), waiting_.end(),
                                         [now](const Waiting& w) { return w.until > now; });
    std::vector<Waiting> expired{std::make_move_iterator(waiting_.begin()),
                                 std::make_move_iterator(first_left)};
    waiting_.erase(waiting_.begin(), first_left);
    for (const Waiting& flush : expired) {
        if (flush.done) {
            flush.done();
        }
    }
    return expired.size();
}

bool FramePacer::hidden() const {
    const auto at = hidden_at();
    return at && clock_.now() >= *at;
}

std::optional<TimePoint> FramePacer::hidden_at() const {
    if (!awaiting_since_) {
        return std::nullopt;
    }
    return *awaiting_since_ + std::max(kHiddenPeriods * period_, kHiddenAtLeast);
}

void FramePacer::answer_all() {
    // Taken out first: an answer may make the guest's next flush arrive from inside the call.
    for (const Waiting& flush : std::exchange(waiting_, {})) {
        if (flush.done) {
            flush.done();
        }
    }
}

}  // namespace oriel
