// SPDX-License-Identifier: MIT
#include "serve/hud.h"

#include <fmt/format.h>

#include <chrono>

namespace oriel::app {
namespace {

std::string rate_text(double rate) {
    return rate < 0 ? std::string{"-"} : fmt::format("{:.1f}", rate);
}

std::string latency_text(const LatencyHistogram& latency, double fraction) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    return latency.count() == 0
               ? std::string{"-"}
               : fmt::format("{:.1f}", Milliseconds{latency.percentile(fraction)}.count());
}

/// A counter that is smaller than before has begun anew.
double rate_of(uint64_t now, uint64_t before, double seconds) {
    return now < before || seconds <= 0 ? -1 : static_cast<double>(now - before) / seconds;
}

}  // namespace

std::string hud_text(const ScanoutStats& stats, std::string_view state, double fps, double merged) {
    return fmt::format("{}, {}\n{} fps, {} merged/s\np50 {} ms, p99 {} ms", stats.path, state,
                       rate_text(fps), rate_text(merged),
                       latency_text(stats.flush_to_presented, 0.5),
                       latency_text(stats.flush_to_presented, 0.99));
}

Hud::Hud(EventLoop& loop, const card::Card& card, OverlayTarget* windows, const VmStatus& vm)
    : loop_{loop}, card_{card}, windows_{windows}, vm_{vm}, timer_{loop, [this] { update(); }} {}

Result<void> Hud::set(bool on) {
    if (windows_ == nullptr) {
        return host_error("there are no windows to show figures in");
    }
    if (on_ == on) {
        return {};
    }
    on_ = on;
    timer_.disarm();
    if (on) {
        count_from_now();
        show(counted_, 0);
        timer_.arm_after(kEvery);
        return {};
    }
    for (ScanoutId scanout = 0; scanout < kMaxScanouts; ++scanout) {
        windows_->set_figures(scanout, {});
    }
    return {};
}

void Hud::wake() {
    if (on_ && !timer_.deadline()) {
        count_from_now();
        timer_.arm_after(kEvery);
    }
}

Hud::AllCounters Hud::counters() const {
    AllCounters now{};
    const Display& screens = card_.target();
    for (ScanoutId scanout = 0; scanout < screens.scanout_count(); ++scanout) {
        const ScanoutStats& stats = screens.stats(scanout);
        now[scanout] = {stats.presented, stats.merged};
    }
    return now;
}

void Hud::count_from_now() {
    counted_ = counters();
    counted_at_ = loop_.clock().now();
    state_ = vm_.vm_status();
}

void Hud::update() {
    const AllCounters now = counters();
    show(now, std::chrono::duration<double>(loop_.clock().now() - counted_at_).count());
    // The figures of a screen that rests are zeros, once: the timer is not for that.
    const bool moved = now != counted_ || state_ != vm_.vm_status();
    count_from_now();
    if (moved) {
        timer_.arm_after(kEvery);
    }
}

/// A window that nobody sees keeps what it had.
void Hud::show(const AllCounters& now, double seconds) {
    const Display& screens = card_.target();
    for (ScanoutId scanout = 0; scanout < screens.scanout_count(); ++scanout) {
        if (screens.visible(scanout)) {
            const Counters& before = counted_[scanout];
            windows_->set_figures(
                scanout, hud_text(screens.stats(scanout), vm_.vm_status(),
                                  rate_of(now[scanout].presented, before.presented, seconds),
                                  rate_of(now[scanout].merged, before.merged, seconds)));
        }
    }
}

}  // namespace oriel::app
