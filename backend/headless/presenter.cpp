// SPDX-License-Identifier: MIT
#include "headless/presenter.h"

#include <algorithm>
#include <utility>

#include "monitor.h"
#include "scanout/screen_row.h"

namespace oriel::headless {

HeadlessPresenter::HeadlessPresenter(EventLoop& loop, const std::vector<ScreenInfo>& screens,
                                     DisplayEvents* events, const PresenterOptions& options)
    : events_{events} {
    for (const ScreenInfo& info : screens) {
        const auto id = static_cast<ScanoutId>(monitors_.size());
        monitors_.push_back(std::make_unique<Monitor>(loop, events, id, info, options));
    }
}

HeadlessPresenter::~HeadlessPresenter() = default;

HeadlessPresenter::Monitor* HeadlessPresenter::monitor(ScanoutId scanout) const {
    return scanout < monitors_.size() ? monitors_[scanout].get() : nullptr;
}

void HeadlessPresenter::attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) {
    if (Monitor* target = monitor(scanout)) {
        target->feed().attach(std::move(framebuffer), source);
    }
}

void HeadlessPresenter::flush(ScanoutId scanout, const Region& damage, FlushDone done) {
    if (Monitor* target = monitor(scanout)) {
        target->feed().flush(damage, std::move(done));
    }
}

bool HeadlessPresenter::frame_pending(ScanoutId scanout) const {
    const Monitor* target = monitor(scanout);
    // Who isn't told when it is done must not wait for it.
    return target != nullptr && events_ != nullptr && target->feed().frame_pending();
}

void HeadlessPresenter::detach(ScanoutId scanout) {
    if (Monitor* target = monitor(scanout)) {
        target->feed().detach();
    }
}

void HeadlessPresenter::set_cursor(ScanoutId, std::shared_ptr<const CursorImage>) {}

void HeadlessPresenter::move_cursor(ScanoutId, Point) {}

Result<void> HeadlessPresenter::set_screen(ScanoutId scanout, const ScreenChange& change) {
    if (monitor(scanout) == nullptr) {
        return host_error("there is no screen {}", scanout);
    }
    std::vector<ScreenInfo> now;
    now.reserve(monitors_.size());
    for (const auto& each : monitors_) {
        now.push_back(each->info());
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
    for (ScanoutId scanout = 0; scanout < monitors_.size(); ++scanout) {
        Monitor& target = *monitors_[scanout];
        if (target.info() == now[scanout]) {
            continue;
        }
        target.set_info(now[scanout]);
        if (events_ != nullptr) {
            events_->screen_changed(scanout);
        }
    }
}

bool HeadlessPresenter::visible(ScanoutId scanout) const {
    const Monitor* target = monitor(scanout);
    return target != nullptr && target->feed().visible();
}

uint32_t HeadlessPresenter::scanout_count() const {
    return static_cast<uint32_t>(monitors_.size());
}

ScreenInfo HeadlessPresenter::screen(ScanoutId scanout) const {
    const Monitor* target = monitor(scanout);
    return target != nullptr ? target->info() : ScreenInfo{.connected = false};
}

const ScanoutStats& HeadlessPresenter::stats(ScanoutId scanout) const {
    static const ScanoutStats nothing;
    const Monitor* target = monitor(scanout);
    return target != nullptr ? target->feed().stats() : nothing;
}

}  // namespace oriel::headless
