// SPDX-License-Identifier: MIT
#include "headless/presenter.h"

#include <algorithm>
#include <utility>

#include "scanout/copy_meter.h"
#include "scanout/screen_row.h"

namespace oriel::headless {

struct HeadlessPresenter::Screen {
    Screen(EventLoop& loop, const ScreenInfo& screen_info, Timer::Callback on_frame)
        : info{screen_info},
          pacer{loop.clock()},
          frame_timer{loop, std::move(on_frame)},
          answer_timer{loop, [this] { answer(); }} {
        pacer.set_refresh(info.refresh_mhz);
        pacer.set_blocked(!info.connected);
        stats.path = "headless";
    }

    void answer() {
        stats.answered_by_timer += pacer.expire();
        rearm();
    }
    void rearm() {
        if (const auto deadline = pacer.deadline(); deadline && !info.connected) {
            answer_timer.arm_at(*deadline);
        } else {
            answer_timer.disarm();
        }
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
    /// Of a screen that isn't plugged in: there is no beam.
    Timer answer_timer;
};

HeadlessPresenter::HeadlessPresenter(EventLoop& loop, const std::vector<ScreenInfo>& screens,
                                     DisplayEvents* events)
    : loop_{loop}, events_{events} {
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
        return;
    }
    Screen& screen = *screens_[scanout];
    ++screen.stats.flushed;
    if (!screen.info.connected) {
        static_cast<void>(screen.pacer.flush(std::move(done)));
        screen.rearm();
        return;
    }
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
    if (!screen.flushed_at.empty()) {
        screen.stats.merged += screen.flushed_at.size() - 1;
    }
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
    screen.rearm();
}

void HeadlessPresenter::set_cursor(ScanoutId, std::shared_ptr<const CursorImage>) {}

void HeadlessPresenter::move_cursor(ScanoutId, Point) {}

Result<void> HeadlessPresenter::set_screen(ScanoutId scanout, const ScreenChange& change) {
    if (scanout >= screens_.size()) {
        return host_error("there is no screen {}", scanout);
    }
    std::vector<ScreenInfo> now;
    now.reserve(screens_.size());
    for (const auto& screen : screens_) {
        now.push_back(screen->info);
    }
    ScreenInfo& info = now[scanout];
    info.connected = change.connected;
    info.refresh_mhz = change.refresh_mhz.value_or(info.refresh_mhz);
    if (change.preferred) {
        // As many dots per inch as before.
        const auto scaled = [](uint32_t mm, uint32_t from, uint32_t to) {
            return static_cast<uint32_t>(uint64_t{mm} * to / std::max<uint32_t>(from, 1));
        };
        const Size before = std::exchange(info.preferred, *change.preferred);
        info.physical_mm = {scaled(info.physical_mm.width, before.width, info.preferred.width),
                            scaled(info.physical_mm.height, before.height, info.preferred.height)};
    }
    put_side_by_side(now);
    tell_changes(now);
    return {};
}

void HeadlessPresenter::tell_changes(const std::vector<ScreenInfo>& now) {
    for (ScanoutId scanout = 0; scanout < screens_.size(); ++scanout) {
        Screen& screen = *screens_[scanout];
        const ScreenInfo before = std::exchange(screen.info, now[scanout]);
        if (before == screen.info) {
            continue;
        }
        screen.pacer.set_refresh(screen.info.refresh_mhz);
        if (before.connected != screen.info.connected) {
            plug(screen, screen.info.connected);
        }
        if (events_ == nullptr) {
            continue;
        }
        if (before.connected != screen.info.connected) {
            events_->visibility_changed(scanout);
        }
        events_->screen_changed(scanout);
    }
}

void HeadlessPresenter::plug(Screen& screen, bool connected) {
    screen.frame_timer.disarm();
    screen.flushed_at.clear();
    screen.committed_flushes.clear();
    screen.pacer.reset();
    screen.pacer.set_blocked(!connected);
    screen.rearm();
    if (connected && screen.framebuffer && screen.pacer.flush({}) == FramePacer::Action::kCommit) {
        commit(screen);
    }
}

bool HeadlessPresenter::visible(ScanoutId scanout) const {
    return scanout < screens_.size() && screens_[scanout]->info.connected;
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
