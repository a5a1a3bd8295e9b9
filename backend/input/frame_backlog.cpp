// SPDX-License-Identifier: MIT
#include "frame_backlog.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace oriel::input {
namespace {

/// Whoever forgets to end its frames doesn't fill the memory.
constexpr size_t kMaxFrame = 256;
/// What the guest has to be told after frames were dropped goes out in frames of this many events.
constexpr size_t kMaxCatchUpFrame = 32;
constexpr Event kSyn{EV_SYN, SYN_REPORT, 0};

bool is_motion(const Event& event, uint16_t type) {
    static_assert(REL_X == ABS_X && REL_Y == ABS_Y);
    return event.type == type && event.code <= REL_Y;
}

int32_t saturated_sum(int32_t a, int32_t b) {
    return static_cast<int32_t>(std::clamp<int64_t>(
        int64_t{a} + b, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

}  // namespace

bool FrameBacklog::add(const Event& event) {
    if (wanted_.apply(event)) {
        staged_.push_back(event);
    }
    return staged_.size() >= kMaxFrame;
}

void FrameBacklog::end_frame(TimePoint since) {
    if (!staged_.empty()) {
        staged_.push_back(kSyn);
        enqueue({.events = std::exchange(staged_, {}), .since = since});
    }
}

void FrameBacklog::enqueue(Frame frame) {
    if (!behind_ && merge(frame)) {
        ++merged_;
    } else if (behind_ || waiting_ + frame.events.size() > kMaxEvents) {
        behind_ = true;
        dropped_ += frame.events.size();
        return;
    } else {
        waiting_ += frame.events.size();
        frames_.push_back(std::move(frame));
    }
    told_ = wanted_;
}

/// Motion that waits takes later motion in.
bool FrameBacklog::merge(const Frame& frame) {
    return !frames_.empty() && frames_.back().sent == 0 &&
           (merge(frame, EV_REL) || merge(frame, EV_ABS));
}

bool FrameBacklog::merge(const Frame& frame, uint16_t type) {
    std::vector<Event>& last = frames_.back().events;
    const auto only_motion = [type](const std::vector<Event>& events) {
        return std::all_of(events.begin(), events.end() - 1,
                           [type](const Event& event) { return is_motion(event, type); });
    };
    if (!only_motion(last) || !only_motion(frame.events)) {
        return false;
    }
    for (auto event = frame.events.begin(); event != frame.events.end() - 1; ++event) {
        const auto same = std::find_if(last.begin(), last.end() - 1, [event](const Event& other) {
            return other.code == event->code;
        });
        if (same == last.end() - 1) {
            last.insert(same, *event);
            ++waiting_;
        } else {
            same->value = type == EV_REL ? saturated_sum(same->value, event->value) : event->value;
        }
    }
    return true;
}

const FrameBacklog::Frame* FrameBacklog::front(TimePoint now) {
    if (frames_.empty() && behind_) {
        catch_up(now);
    }
    return frames_.empty() ? nullptr : &frames_.front();
}

bool FrameBacklog::sent(size_t count) {
    Frame& frame = frames_.front();
    frame.sent += count;
    waiting_ -= count;
    const bool all = frame.sent == frame.events.size();
    if (all) {
        frames_.pop_front();
    }
    return all;
}

void FrameBacklog::catch_up(TimePoint now) {
    const std::vector<Event> events = told_.events_to(wanted_);
    behind_ = false;
    told_ = wanted_;
    for (size_t at = 0; at < events.size(); at += kMaxCatchUpFrame) {
        const size_t end = std::min(at + kMaxCatchUpFrame, events.size());
        Frame frame{.since = now};
        frame.events.assign(events.begin() + static_cast<ptrdiff_t>(at),
                            events.begin() + static_cast<ptrdiff_t>(end));
        frame.events.push_back(kSyn);
        waiting_ += frame.events.size();
        frames_.push_back(std::move(frame));
    }
}

void FrameBacklog::clear() {
    dropped_ += waiting_ + staged_.size();
    staged_.clear();
    frames_.clear();
    waiting_ = 0;
    behind_ = false;
    told_ = wanted_ = {};
}

}  // namespace oriel::input
