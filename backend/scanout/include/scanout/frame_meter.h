// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/event_loop.h"
#include "scanout/framebuffer.h"
#include "scanout/stats.h"

namespace oriel {

/// Counts what becomes of a screen's flushes, and how long that takes.
class FrameMeter {
public:
    /// `loop` is lent and must outlive this.
    explicit FrameMeter(const EventLoop& loop) : loop_{loop} {}

    [[nodiscard]] const ScanoutStats& stats() const { return stats_; }
    /// When the first flush came of those that no commit has carried; nothing if there is none.
    [[nodiscard]] std::optional<TimePoint> first_flush() const {
        return waiting_.timed == 0 ? std::nullopt : std::optional{waiting_.times.front()};
    }

    // --- what a screen does ---
    void flushed() { ++stats_.flushed; }
    /// That flush waits for a commit.
    void waits();
    /// Nobody waits any more for what is still to be committed, so its latency means nothing.
    void nobody_waits() { waiting_.timed = 0; }
    /// What waited will not be committed.
    void dropped() { waiting_ = {}; }
    void answered_by_timer(uint64_t flushes) { stats_.answered_by_timer += flushes; }
    /// What has been copied to the picture's memory since last time.
    void count_copies(const Framebuffer& picture) {
        if (const auto& pixels = picture.storage()) {
            stats_.bytes_copied += pixels->take_bytes_copied();
        }
    }
    /// A picture was committed, with all flushes that waited.
    void committed(const Framebuffer& picture);
    /// A commit with a frame callback, but without a picture.
    void committed_nothing() { frame_has_picture_ = false; }
    /// The frame callback of the last commit came. `is_presented`: nobody else will say when it was
    /// shown.
    void latched(bool is_presented);

    // --- what its presenter knows ---
    /// How pictures get to the screen, why not by a better way, and how buffers come back.
    void path_is(std::string_view name, std::string_view why_not_better, std::string_view sync);
    void path_reason_is(std::string_view why_not_better) { stats_.path_reason = why_not_better; }
    /// How large a px of the guest is shown, and by whom (ScanoutStats::filter).
    void scale_is(double x, double y, std::string_view filter);
    /// Bytes that the presenter has copied.
    void copied(uint64_t bytes) { stats_.bytes_copied += bytes; }
    /// wp_presentation says when a commit was shown. `flushed`: first_flush() of then.
    void presented(std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy);

private:
    /// Flushes that go to the screen together: how many, and when the first of them came.
    struct FlushTimes {
        static constexpr size_t kMax = 16;  // more are merged, but their times are not taken
        uint32_t count = 0;
        size_t timed = 0;
        std::array<TimePoint, kMax> times;
    };

    void to_glass(TimePoint flushed, TimePoint shown);

    const EventLoop& loop_;
    ScanoutStats stats_;
    /// Flushes since the last commit.
    FlushTimes waiting_;
    /// The commit whose frame callback is awaited: its flushes, and whether it brought a picture.
    FlushTimes committed_;
    bool frame_has_picture_ = false;
};

}  // namespace oriel
