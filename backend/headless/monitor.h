// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/event_loop.h"
#include "headless/presenter.h"
#include "scanout/copy_in_turns.h"
#include "scanout/screen_feed.h"

namespace oriel::headless {

/// One screen of a HeadlessPresenter: a beam that comes round once a refresh period while there is
/// anything to show. With Pace::kVirtual there is none.
class HeadlessPresenter::Monitor final : private FrameSink {
public:
    /// `loop` and `events` (null: nobody listens) are lent and must outlive this.
    Monitor(EventLoop& loop, DisplayEvents* events, ScanoutId id, const ScreenInfo& info,
            const PresenterOptions& options);

    [[nodiscard]] ScreenFeed& feed() { return feed_; }
    [[nodiscard]] const ScreenFeed& feed() const { return feed_; }
    [[nodiscard]] const ScreenInfo& info() const { return info_; }
    /// Pulls it out or plugs it in, too.
    void set_info(const ScreenInfo& info);

private:
    // FrameSink:
    [[nodiscard]] bool can_commit(const ScreenPicture& picture, bool pixels) override;
    [[nodiscard]] bool shows_in_place(const Framebuffer&) const override { return false; }
    [[nodiscard]] std::optional<CommittedFrame> commit_picture(const ScreenPicture& picture,
                                                               const Region& damage) override;
    void commit_unchanged() override { start_frame(); }
    [[nodiscard]] bool commit_black() override;
    [[nodiscard]] bool shows_picture() const override { return shows_picture_; }
    void picture_changed(const ScreenPicture*) override {}
    void frame_shown() override;
    void visibility_changed(bool visible) override;
    void trim() override {}

    /// A picture has become what the screen shows; null: black.
    void show(const ScreenPicture* picture, const Region& damage);
    /// By the clock of this screen.
    [[nodiscard]] Nanoseconds display_time() const;
    void start_frame();
    void beam_is_round();

    EventLoop& loop_;
    DisplayEvents* events_;
    ScanoutId id_;
    ScreenInfo info_;
    const PresenterOptions options_;
    const TimePoint began_;
    uint64_t frames_ = 0;
    /// Pace::kVirtual: what the clock says.
    Nanoseconds virtual_time_{0};
    bool shows_picture_ = false;
    /// When the beam was round last.
    TimePoint last_frame_{};
    Timer beam_;
    CopyInTurns copies_;
    ScreenFeed feed_;
};

}  // namespace oriel::headless
