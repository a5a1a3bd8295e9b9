// SPDX-License-Identifier: MIT
#include "scanout/frame_meter.h"

#include <algorithm>
#include <span>
#include <utility>

namespace oriel {

void FrameMeter::waits() {
    ++waiting_.count;
    if (waiting_.timed < FlushTimes::kMax) {
        waiting_.times.at(waiting_.timed++) = loop_.clock().now();
    }
}

void FrameMeter::path_is(std::string_view name, std::string_view why_not_better,
                         std::string_view sync) {
    stats_.path = name;
    stats_.path_reason = why_not_better;
    stats_.sync = sync;
}

void FrameMeter::scale_is(double x, double y, std::string_view filter) {
    stats_.scale_x = x;
    stats_.scale_y = y;
    stats_.filter = filter;
}

void FrameMeter::committed(const Framebuffer& picture) {
    count_copies(picture);
    ++stats_.committed;
    if (waiting_.count > 1) {
        stats_.merged += waiting_.count - 1;
    }
    frame_has_picture_ = true;
    committed_.timed = 0;
    if (waiting_.timed != 0) {
        committed_ = waiting_;
        const TimePoint now = loop_.clock().now();
        for (const TimePoint flushed : std::span{waiting_.times}.first(waiting_.timed)) {
            stats_.flush_to_commit.add(now - flushed);
        }
        if (const TimePoint woken_at = loop_.woken_at(); waiting_.times.front() >= woken_at) {
            stats_.kick_to_commit.add(now - woken_at);
        }
    }
    waiting_.count = 0;
    waiting_.timed = 0;
}

void FrameMeter::latched(bool is_presented) {
    if (!std::exchange(frame_has_picture_, false)) {
        return;
    }
    ++stats_.presented;
    if (!is_presented) {
        return;
    }
    const TimePoint now = loop_.clock().now();
    for (const TimePoint flushed : std::span{committed_.times}.first(committed_.timed)) {
        to_glass(flushed, now);
    }
}

void FrameMeter::presented(std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy) {
    ++stats_.feedbacks;
    stats_.zero_copy += zero_copy ? 1 : 0;
    if (flushed) {
        to_glass(*flushed, shown);
    }
}

void FrameMeter::to_glass(TimePoint flushed, TimePoint shown) {
    // A test's clock, or a compositor's guess of the future, must not make it negative.
    stats_.flush_to_presented.add(std::max(shown - flushed, Nanoseconds{0}));
}

}  // namespace oriel
