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
// A compositor that needs longer isn't slow, it was asleep.
constexpr Nanoseconds kLongestPatience{250'000'000};
// A compositor has two or three buffers of a well-behaved guest. Beyond this many commits without a
// release it gives nothing back, and remembering more of them would help nobody.
constexpr size_t kMaxCommits = 8;

}  // namespace

FramePacer::FramePacer(const Clock& clock, Frames frames) : clock_{clock}, frames_{frames} {
    commits_.reserve(kMaxCommits + 1);
}

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
    if (done) {
        flushes_.push_back({std::move(done), now + patience(), 0});
    }
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
    if (!awaiting_since_ && frames_ == Frames::kByCallback) {
        awaiting_since_ = now;
    }
    const CommittedFrame before = std::exchange(last_, frame);
    CommitState next{.number = ++last_commit_,
                     .since = std::exchange(waiting_since_, std::nullopt).value_or(now)};
    for (WaitingFlush& flush : flushes_) {
        if (flush.commit == 0) {
            flush.commit = next.number;
        }
    }
    if (frame.pixels == Pixels::kRead) {
        next.release_of = frame.buffer;
    } else if (frame.pixels == Pixels::kShared) {
        next.latched = frames_ == Frames::kAtOnce;
        next.shared = true;
        if (before.buffer != frame.buffer && held(before.buffer)) {
            next.release_of = before.buffer;
        }
        if (!held(frame.buffer)) {
            held_.push_back(frame.buffer);
        }
    }
    commits_.push_back(next);
    if (commits_.size() > kMaxCommits) {
        // Given up, and nothing is learnt from it.
        CommitState& oldest = commits_.front();
        oldest = {.number = oldest.number, .since = oldest.since};
    }
    settle();
}

FramePacer::Action FramePacer::frame_done() {
    awaiting_since_.reset();
    silent_ = false;
    for (CommitState& commit : commits_) {
        commit.latched = true;
    }
    settle();
    return due_ && !blocked_ && !awaiting_since_ ? Action::kCommit : Action::kNone;
}

void FramePacer::released(uint64_t buffer) {
    std::erase(held_, buffer);
    for (CommitState& commit : commits_) {
        if (commit.release_of == buffer) {
            commit.release_of = 0;
        }
    }
    settle();
}

template <class IsOver>
size_t FramePacer::answer(IsOver&& is_over) {
    // All are taken out first: an answer may make the guest's next flush arrive from inside it.
    std::vector<FlushDone> answers = std::exchange(answers_, {});
    std::erase_if(flushes_, [&](WaitingFlush& flush) {
        if (!is_over(flush)) {
            return false;
        }
        answers.push_back(std::move(flush.done));
        return true;
    });
    const size_t count = answers.size();
    for (FlushDone& done : answers) {
        done.answer();
    }
    answers.clear();
    answers_ = std::move(answers);
    return count;
}

void FramePacer::settle() {
    uint64_t newest_complete = 0;
    for (const CommitState& commit : commits_) {
        if (commit.complete()) {
            newest_complete = commit.number;
            if (commit.shared) {
                learn(clock_.now() - commit.since);
            }
        }
    }
    if (newest_complete == 0) {
        return;
    }
    std::erase_if(commits_, [](const CommitState& commit) { return commit.complete(); });
    // What was committed and has no state any more is complete.
    answer([this, newest_complete](const WaitingFlush& flush) {
        return flush.commit != 0 && flush.commit <= newest_complete &&
               std::none_of(commits_.begin(), commits_.end(), [&](const CommitState& commit) {
                   return commit.number == flush.commit;
               });
    });
}

void FramePacer::drop() {
    due_ = false;
    commits_.clear();
    waiting_since_.reset();
    answer([](const WaitingFlush&) { return true; });
}

void FramePacer::reset() {
    awaiting_since_.reset();
    drop();
}

std::optional<TimePoint> FramePacer::deadline() const {
    std::optional<TimePoint> first;
    for (const WaitingFlush& flush : flushes_) {
        first = first ? std::min(*first, flush.until) : flush.until;
    }
    return first;
}

size_t FramePacer::expire() {
    const TimePoint now = clock_.now();
    const bool any = std::any_of(flushes_.begin(), flushes_.end(),
                                 [now](const WaitingFlush& flush) { return flush.until <= now; });
    silent_ |= any;
    return any ? answer([now](const WaitingFlush& flush) { return flush.until <= now; }) : 0;
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

}  // namespace oriel
