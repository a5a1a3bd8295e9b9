// SPDX-License-Identifier: MIT
#include "headless/presenter.h"

#include <utility>

#include "scanout/copy_meter.h"

namespace oriel::headless {

struct HeadlessPresenter::Screen {
    Screen(EventLoop& loop, const ScreenInfo& screen_info, Timer::Callback on_frame)
        : info{screen_info}, pacer{loop.clock()}, frame_timer{loop, std::move(on_frame)} {
        pacer.set_refresh(info.refresh_mhz);
        stats.path = "headless";
    }

    ScreenInfo info;
    ScanoutStats stats;
    FramePacer pacer;
    FramebufferRef framebuffer;
    CopyMeter copied;
    /// The flushes that wait for a commit, and those that wait for the frame.
    std::vector<TimePoint> flushed_at;
    std::vector<TimePoint> committed_flushes;
    TimePoint last_frame{};
    Timer frame_timer;
};

HeadlessPresenter::HeadlessPresenter(EventLoop& loop, const std::vector<ScreenInfo>& screens)
    : loop_{loop} {
    for (const ScreenInfo& info : screens) {
        const size_t index = screens_.size();
        screens_.push_back(
            std::make_unique<Screen>(loop, info, [this, index] { frame(*screens_[index]); }));
    }
}

HeadlessPresenter::~HeadlessPresenter() = default;

void HeadlessPresenter::attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect&) {
    if (scanout >= screens_.size()) {
        return;
    }
    screens_[scanout]->framebuffer = std::move(framebuffer);
}

void HeadlessPresenter::flush(ScanoutId scanout, const Region&, FlushDone done) {
    if (scanout >= screens_.size() || !screens_[scanout]->framebuffer) {
        if (done) {
            done();
        }
        return;
    }
    Screen& screen = *screens_[scanout];
    ++screen.stats.flushed;
    screen.flushed_at.push_back(loop_.clock().now());
    if (screen.pacer.flush(std::move(done)) == FramePacer::Action::kCommit) {
        commit(screen);
    }
}

void HeadlessPresenter::commit(Screen& screen) {
    const TimePoint now = loop_.clock().now();
    if (screen.framebuffer->dmabuf() != nullptr) {
        // The guest may draw again as soon as it has its answer: a screenshot is of this moment.
        static_cast<void>(screen.framebuffer->memory());
    }
    ++screen.stats.committed;
    screen.stats.merged += screen.flushed_at.size() - 1;
    for (const TimePoint flushed : screen.flushed_at) {
        screen.stats.flush_to_commit.add(now - flushed);
    }
    screen.committed_flushes = std::exchange(screen.flushed_at, {});
    screen.stats.bytes_copied += screen.copied.take(screen.framebuffer->storage());

    // Frames stay on a grid while the guest keeps up: late timers must not lower the rate.
    const TimePoint on_grid = screen.last_frame + screen.pacer.refresh_period();
    screen.frame_timer.arm_at(on_grid > now ? on_grid : now + screen.pacer.refresh_period());
    screen.pacer.committed();
}

void HeadlessPresenter::frame(Screen& screen) {
    const TimePoint now = loop_.clock().now();
    // The deadline, not now: see commit().
    const TimePoint due = screen.last_frame + screen.pacer.refresh_period();
    screen.last_frame = now - due < screen.pacer.refresh_period() ? due : now;
    ++screen.stats.presented;
    for (const TimePoint flushed : std::exchange(screen.committed_flushes, {})) {
        screen.stats.flush_to_presented.add(now - flushed);
    }
    if (screen.pacer.frame_done() == FramePacer::Action::kCommit && screen.framebuffer) {
        commit(screen);
    }
}

void HeadlessPresenter::detach(ScanoutId scanout) {
    if (scanout >= screens_.size()) {
        return;
    }
    Screen& screen = *screens_[scanout];
    screen.framebuffer.reset();
    screen.frame_timer.disarm();
    screen.flushed_at.clear();
    screen.committed_flushes.clear();
    screen.pacer.reset();
}

void HeadlessPresenter::set_cursor(ScanoutId, std::shared_ptr<const CursorImage>) {}

void HeadlessPresenter::move_cursor(ScanoutId, Point) {}

bool HeadlessPresenter::visible(ScanoutId scanout) const {
    return scanout < screens_.size();
}

uint32_t HeadlessPresenter::scanout_count() const {
    return static_cast<uint32_t>(screens_.size());
}

ScreenInfo HeadlessPresenter::screen(ScanoutId scanout) const {
    return scanout < screens_.size() ? screens_[scanout]->info : ScreenInfo{.connected = false};
}

const ScanoutStats& HeadlessPresenter::stats(ScanoutId scanout) const {
    static const ScanoutStats nothing;
    return scanout < screens_.size() ? screens_[scanout]->stats : nothing;
}

}  // namespace oriel::headless
