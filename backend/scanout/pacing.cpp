// SPDX-License-Identifier: MIT
#include "scanout/pacing.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace oriel {
namespace {

// Compositors send frame callbacks late under load, on a busy machine by hundreds of milliseconds;
// only a longer silence means hidden. Noticing that late costs little: nothing is committed anyway.
constexpr int kHiddenPeriods = 6;
constexpr Nanoseconds kHiddenAtLeast{500'000'000};
// A compositor that needs longer isn't slow, it was asleep.
constexpr Nanoseconds kLongestPatience{250'000'000};
// A compositor has two or three buffers of a well-behaved guest. Beyond this many frames without a
// release it gives nothing back, and remembering more of them would help nobody.
constexpr size_t kMaxFrames = 8;

/// `flushes` is nobody else's any more: an answer may bring the next flush.
template <class Waiting>
void answer(std::vector<Waiting> flushes) {
    for (Waiting& flush : flushes) {
        flush.done.answer();
    }
}

}  // namespace

void FramePacer::set_refresh(uint32_t refresh_mhz) {
    // 1 Hz to 1 kHz: whatever a compositor claims beyond that is a mistake.
    const uint32_t sane = std::clamp<uint32_t>(refresh_mhz, 1'000, 1'000'000);
    period_ = Nanoseconds{1'000'000'000'000 / sane};
}

Nanoseconds FramePacer::patience() const {
    if (silent_ || last_.pixels != CommittedFrame::Pixels::kShared) {
        return period_;
    }
    return std::max(period_, std::min(needed_ + period_ / 2, kLongestPatience));
}

void FramePacer::learn(Nanoseconds needed) {
    if (needed <= kLongestPatience) {
        // Forgets slowly: one quick answer doesn't make a slow compositor fast.
        needed_ = std::max(needed, needed_ - needed_ / 16);
    }
}

FramePacer::Action FramePacer::flush(FlushDone done) {
    due_ = true;
    const TimePoint now = clock_.now();
    waiting_.push_back({std::move(done), now + patience()});
    if (!waiting_since_) {
        waiting_since_ = now;
    }
    return awaiting_since_ || blocked_ ? Action::kNone : Action::kCommit;
}

FramePacer::Action FramePacer::unblocked() {
    blocked_ = false;
    return due_ && !awaiting_since_ ? Action::kCommit : Action::kNone;
}

bool FramePacer::held(uint64_t buffer) const {
    return std::find(held_.begin(), held_.end(), buffer) != held_.end();
}

void FramePacer::committed(const CommittedFrame& frame) {
    using Pixels = CommittedFrame::Pixels;
    due_ = false;
    const TimePoint now = clock_.now();
    if (!awaiting_since_) {
        awaiting_since_ = now;
    }
    const CommittedFrame before = std::exchange(last_, frame);
    Frame next{.flushes = std::exchange(waiting_, {}),
               .since = std::exchange(waiting_since_, std::nullopt).value_or(now)};
    if (frame.pixels == Pixels::kRead) {
        next.release_of = frame.buffer;
    } else if (frame.pixels == Pixels::kShared) {
        next.latched = false;
        next.shared = true;
        if (before.buffer != frame.buffer && held(before.buffer)) {
            next.release_of = before.buffer;
        }
        if (!held(frame.buffer)) {
            held_.push_back(frame.buffer);
        }
    }
    frames_.push_back(std::move(next));
    if (frames_.size() > kMaxFrames) {
        Frame oldest = std::move(frames_.front());
        frames_.pop_front();
        answer(std::move(oldest.flushes));
    }
    settle();
}

FramePacer::Action FramePacer::frame_done() {
    awaiting_since_.reset();
    silent_ = false;
    for (Frame& frame : frames_) {
        frame.latched = true;
    }
    settle();
    return due_ && !blocked_ && !awaiting_since_ ? Action::kCommit : Action::kNone;
}

void FramePacer::released(uint64_t buffer) {
    std::erase(held_, buffer);
    for (Frame& frame : frames_) {
        if (frame.release_of == buffer) {
            frame.release_of = 0;
        }
    }
    settle();
}

void FramePacer::settle() {
    // Taken out first: an answer may make the guest's next flush arrive from inside the call.
    std::vector<Waiting> answered;
    for (auto frame = frames_.begin(); frame != frames_.end();) {
        if (!frame->latched || frame->release_of != 0) {
            ++frame;
            continue;
        }
        if (frame->shared) {
            learn(clock_.now() - frame->since);
        }
        std::move(frame->flushes.begin(), frame->flushes.end(), std::back_inserter(answered));
        frame = frames_.erase(frame);
    }
    answer(std::move(answered));
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
    std::optional<TimePoint> first;
    const auto consider = [&first](const std::vector<Waiting>& flushes) {
        for (const Waiting& flush : flushes) {
            first = first ? std::min(*first, flush.until) : flush.until;
        }
    };
    consider(waiting_);
    for (const Frame& frame : frames_) {
        consider(frame.flushes);
    }
    return first;
}

size_t FramePacer::expire() {
    const TimePoint now = clock_.now();
    std::vector<Waiting> expired;
    const auto take = [&expired, now](std::vector<Waiting>& flushes) {
        const auto late = std::stable_partition(flushes.begin(), flushes.end(),
                                                [now](const Waiting& w) { return w.until > now; });
        std::move(late, flushes.end(), std::back_inserter(expired));
        flushes.erase(late, flushes.end());
    };
    for (Frame& frame : frames_) {
        take(frame.flushes);
    }
    take(waiting_);
    const size_t count = expired.size();
    silent_ |= count != 0;
    answer(std::move(expired));
    return count;
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
    std::vector<Waiting> all;
    for (Frame& frame : std::exchange(frames_, {})) {
        std::move(frame.flushes.begin(), frame.flushes.end(), std::back_inserter(all));
    }
    for (Waiting& flush : std::exchange(waiting_, {})) {
        all.push_back(std::move(flush));
    }
    waiting_since_.reset();
    answer(std::move(all));
}

}  // namespace oriel
