// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "scanout/null_display.h"

namespace oriel::test {

/// A presenter that shows nothing and remembers everything it was told.
class RecordingDisplay final : public NullDisplay {
public:
    struct Call {
        enum class Kind { kAttach, kFlush, kDetach, kSetCursor, kMoveCursor };
        Kind kind{};
        ScanoutId scanout = 0;
        FramebufferRef framebuffer;                 ///< kAttach
        Rect source;                                ///< kAttach
        Region damage;                              ///< kFlush
        std::shared_ptr<const CursorImage> cursor;  ///< kSetCursor; null hides it
        Point position;                             ///< kMoveCursor
    };

    explicit RecordingDisplay(uint32_t screens = 1)
        : NullDisplay{std::vector<ScreenInfo>(screens)} {}

    // What to be like.

    ScreenInfo& screen_info(ScanoutId scanout) { return screens_[scanout]; }
    /// While true, flushes are not answered: call answer().
    void hold_flushes(bool hold) { hold_ = hold; }
    [[nodiscard]] size_t held() const { return held_.size(); }
    /// Answers the oldest `count` flushes that are held.
    void answer(size_t count = SIZE_MAX) {
        for (; count > 0 && !held_.empty(); --count) {
            FlushDone done = std::move(held_.front());
            held_.pop_front();
            done.answer();
        }
    }
    /// Answers the newest flush that is held.
    void answer_last() {
        if (!held_.empty()) {
            const FlushDone done = std::move(held_.back());
            held_.pop_back();
        }
    }
    /// What frame_pending() says; frame_done() is the test's to call.
    void set_frame_pending(ScanoutId scanout, bool pending) { pending_[scanout] = pending; }
    /// As a presenter does that goes away: the end of the flushes it holds is their answer.
    void drop_held() { held_.clear(); }

    // What happened.

    [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
    void forget_calls() { calls_.clear(); }
    [[nodiscard]] size_t count(Call::Kind kind) const {
        return static_cast<size_t>(std::count_if(
            calls_.begin(), calls_.end(), [kind](const Call& call) { return call.kind == kind; }));
    }
    /// How often the device gave all of its screens up: at a reset.
    [[nodiscard]] int releases() const { return releases_; }
    /// The newest call of a kind; one with empty members if there was none.
    [[nodiscard]] Call last(Call::Kind kind) const {
        const auto it = std::find_if(calls_.rbegin(), calls_.rend(),
                                     [kind](const Call& call) { return call.kind == kind; });
        return it == calls_.rend() ? Call{} : *it;
    }
    /// What the scanout shows now; null when it is dark.
    [[nodiscard]] FramebufferRef attached(ScanoutId scanout) const {
        return shown_[scanout].framebuffer;
    }
    [[nodiscard]] Rect source(ScanoutId scanout) const { return shown_[scanout].source; }
    /// A pixel of what the scanout shows, 0xAARRGGBB.
    [[nodiscard]] uint32_t pixel(ScanoutId scanout, uint32_t x, uint32_t y) const {
        const Shown& shown = shown_[scanout];
        uint32_t value = 0;
        std::memcpy(&value,
                    shown.framebuffer->memory()->latest().row(shown.source.y + y) +
                        size_t{shown.source.x + x} * sizeof value,
                    sizeof value);
        return value;
    }

    // Display

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) override {
        shown_[scanout] = {framebuffer, source};
        calls_.push_back({.kind = Call::Kind::kAttach,
                          .scanout = scanout,
                          .framebuffer = std::move(framebuffer),
                          .source = source});
    }
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override {
        ++stats_[scanout].flushed;
        calls_.push_back({.kind = Call::Kind::kFlush, .scanout = scanout, .damage = damage});
        if (hold_) {
            held_.push_back(std::move(done));
        }
    }
    [[nodiscard]] bool frame_pending(ScanoutId scanout) const override { return pending_[scanout]; }
    void release() override { ++releases_; }
    void detach(ScanoutId scanout) override {
        shown_[scanout] = {};
        calls_.push_back({.kind = Call::Kind::kDetach, .scanout = scanout});
    }
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) override {
        calls_.push_back(
            {.kind = Call::Kind::kSetCursor, .scanout = scanout, .cursor = std::move(image)});
    }
    void move_cursor(ScanoutId scanout, Point position) override {
        calls_.push_back(
            {.kind = Call::Kind::kMoveCursor, .scanout = scanout, .position = position});
    }

private:
    struct Shown {
        FramebufferRef framebuffer;
        Rect source;
    };

    std::vector<Call> calls_;
    std::array<Shown, kMaxScanouts> shown_;
    std::deque<FlushDone> held_;
    bool hold_ = false;
    int releases_ = 0;
    std::array<bool, kMaxScanouts> pending_{};
};

}  // namespace oriel::test
