// SPDX-License-Identifier: MIT
#include "window/frame_meter.h"

#include <algorithm>
#include <utility>

namespace oriel::wayland {

void FrameMeter::waits() {
    ++waiting_;
    if (!first_flush_) {
        first_flush_ = loop_.clock().now();
    }
}

void FrameMeter::dropped() {
    waiting_ = 0;
    first_flush_.reset();
}

void FrameMeter::copied(const Framebuffer& attached, WindowPaths& paths) {
    stats_.bytes_copied += copied_.take(attached.storage());
    stats_.bytes_copied += paths.take_bytes_copied();
}

void FrameMeter::scale_is(Ratio shown, uint32_t times) {
    stats_.scale_x = shown.x;
    stats_.scale_y = shown.y;
    if (shown != Ratio{double{1} * times, double{1} * times}) {
        stats_.filter = "compositor";
    } else {
        stats_.filter = times == 1 ? "none" : "nearest";
    }
}

void FrameMeter::committed(const Framebuffer& attached, WindowPaths& paths) {
    copied(attached, paths);
    stats_.path = paths.name();
    stats_.path_reason = paths.reason();
    stats_.sync = paths.explicit_sync() ? "explicit" : "implicit";
    ++stats_.committed;
    if (waiting_ > 1) {
        stats_.merged += waiting_ - 1;
    }
    waiting_ = 0;
    frame_has_picture_ = true;
    frame_flush_ = std::exchange(first_flush_, std::nullopt);
    if (frame_flush_) {
        const TimePoint now = loop_.clock().now();
        stats_.flush_to_commit.add(now - *frame_flush_);
        if (const TimePoint woken_at = loop_.woken_at(); *frame_flush_ >= woken_at) {
            stats_.kick_to_commit.add(now - woken_at);
        }
    }
}

void FrameMeter::latched(bool is_presented) {
    if (!std::exchange(frame_has_picture_, false)) {
        return;
    }
    ++stats_.presented;
    if (is_presented) {
        to_glass(frame_flush_, loop_.clock().now());
    }
}

void FrameMeter::presented(std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy) {
    ++stats_.feedbacks;
    stats_.zero_copy += zero_copy ? 1 : 0;
    to_glass(flushed, shown);
}

void FrameMeter::to_glass(std::optional<TimePoint> flushed, TimePoint shown) {
    if (flushed) {
        // A test's clock, or a compositor's guess of the future, must not make it negative.
        stats_.flush_to_presented.add(std::max(shown - *flushed, Nanoseconds{0}));
    }
}

void FrameMeter::trim_pictures() {
    copied_.for_each([](MemoryPixels& pixels) { pixels.trim(); });
}

}  // namespace oriel::wayland
