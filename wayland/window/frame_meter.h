// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/event_loop.h"
#include "frames/window_paths.h"
#include "scanout/copy_meter.h"
#include "scanout/framebuffer.h"
#include "scanout/stats.h"
#include "surface/scale.h"

namespace oriel::wayland {

/// Counts what becomes of a window's flushes, and how long that takes.
class FrameMeter {
public:
    /// `loop` is lent and must outlive this.
    explicit FrameMeter(const EventLoop& loop) : loop_{loop} {}

    [[nodiscard]] const ScanoutStats& stats() const { return stats_; }
    /// When the first flush came of those that no commit has carried; nothing if there is none.
    [[nodiscard]] std::optional<TimePoint> first_flush() const { return first_flush_; }

    void flushed() { ++stats_.flushed; }
    /// That flush waits for a commit.
    void waits();
    /// Nobody waits any more for what is still to be committed, so its latency means nothing.
    void nobody_waits() { first_flush_.reset(); }
    /// What waited will not be committed.
    void dropped();
    void answered_by_timer(uint64_t flushes) { stats_.answered_by_timer += flushes; }

    /// What has been copied for the picture that is attached, and by the paths, since last time.
    void copied(const Framebuffer& attached, WindowPaths& paths);
    void path_is(const std::string& why_not_better) { stats_.path_reason = why_not_better; }
    /// How large the picture is shown, and how much of that is in its buffer.
    void scale_is(Ratio shown, uint32_t times);
    /// A picture was committed, with all flushes that waited.
    void committed(const Framebuffer& attached, WindowPaths& paths);
    /// A commit with a frame callback, but without a picture.
    void committed_nothing() { frame_has_picture_ = false; }
    /// The frame callback of the last commit came. `is_presented`: nobody else will say when it was
    /// shown.
    void latched(bool is_presented);
    /// wp_presentation says when a commit was shown. `flushed`: first_flush() of then.
    void presented(std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy);

    /// The pictures shown so far give back the memory that they don't need while nothing moves.
    void trim_pictures();

private:
    void to_glass(std::optional<TimePoint> flushed, TimePoint shown);

    const EventLoop& loop_;
    ScanoutStats stats_;
    /// Flushes since the last commit.
    uint32_t waiting_ = 0;
    std::optional<TimePoint> first_flush_;
    /// The commit whose frame callback is awaited: whether it brought a picture, and first_flush_
    /// of then.
    bool frame_has_picture_ = false;
    std::optional<TimePoint> frame_flush_;
    /// The pictures shown so far that still exist.
    CopyMeter copied_;
};

}  // namespace oriel::wayland
