// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/event_loop.h"
#include "headless/shown_frame.h"
#include "scanout/display.h"

namespace oriel::headless {

/// What makes a screen's clock go on.
enum class Pace : uint8_t {
    kRefresh,  ///< time: a frame a refresh period, as on a monitor
    /// The guest: what it flushes is a frame of its own, which is shown and answered at once, and
    /// with which the clock goes on by one refresh period. So the frames are the same on a fast
    /// machine and on a slow one.
    kVirtual,
};

struct PresenterOptions {
    Pace pace = Pace::kRefresh;
    /// Lent, and must outlive the presenter; null: nobody looks.
    ShownFrameListener* frames = nullptr;
};

/// A presenter without a compositor: each screen is a monitor that nobody looks at, with a refresh
/// rate. Its beam paces a guest as a compositor's frame callbacks would (the same ScreenFeed), so
/// that a guest behaves in a test as it does on a desktop. No pixel is copied but those that a
/// guest draws to itself, at the moment of their commit: a screenshot reads the framebuffer.
class HeadlessPresenter final : public Display {
public:
    /// `loop` and `events` are lent and must outlive the presenter. Without events nobody is told
    /// what set_screen() has changed, and that a frame is done.
    HeadlessPresenter(EventLoop& loop, const std::vector<ScreenInfo>& screens,
                      DisplayEvents* events = nullptr, const PresenterOptions& options = {});
    ~HeadlessPresenter() override;

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) override;
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override;
    [[nodiscard]] bool frame_pending(ScanoutId scanout) const override;
    void detach(ScanoutId scanout) override;
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) override;
    void move_cursor(ScanoutId scanout, Point position) override;
    [[nodiscard]] Result<void> set_screen(ScanoutId scanout, const ScreenChange& change) override;
    [[nodiscard]] bool visible(ScanoutId scanout) const override;
    [[nodiscard]] uint32_t scanout_count() const override;
    [[nodiscard]] ScreenInfo screen(ScanoutId scanout) const override;
    [[nodiscard]] const ScanoutStats& stats(ScanoutId scanout) const override;

private:
    class Monitor;

    void tell_changes(const std::vector<ScreenInfo>& now);
    [[nodiscard]] Monitor* monitor(ScanoutId scanout) const;

    DisplayEvents* events_;
    std::vector<std::unique_ptr<Monitor>> monitors_;
};

}  // namespace oriel::headless
