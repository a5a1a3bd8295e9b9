// SPDX-License-Identifier: MIT
#include "card/paced_null_display.h"

#include <algorithm>
#include <utility>

namespace oriel::card {

/// What draws a screen from top to bottom, again and again, on a monitor.
struct PacedNullDisplay::Beam {
    Beam(EventLoop& loop, uint32_t refresh_mhz)
        : clock{loop.clock()}, timer{loop, [this] { answer(); }} {
        set_refresh(refresh_mhz);
    }

    void set_refresh(uint32_t refresh_mhz) {
        period =
            Nanoseconds{1'000'000'000'000 / std::clamp<uint32_t>(refresh_mhz, 1'000, 1'000'000)};
    }

    void flush(FlushDone done) {
        waiting.push_back(std::move(done));
        if (!timer.deadline()) {
            timer.arm_at(std::max(clock.now(), last_answer + period));
        }
    }
    void answer() {
        timer.disarm();
        last_answer = clock.now();
        // The answers may bring the next flushes.
        std::exchange(waiting, {}).clear();
    }

    const Clock& clock;
    Nanoseconds period{};
    TimePoint last_answer{};
    std::vector<FlushDone> waiting;
    Timer timer;
};

PacedNullDisplay::PacedNullDisplay(EventLoop& loop, std::vector<ScreenInfo> screens)
    : NullDisplay{std::move(screens)} {
    for (const ScreenInfo& screen : screens_) {
        beams_.push_back(std::make_unique<Beam>(loop, screen.refresh_mhz));
    }
}

PacedNullDisplay::~PacedNullDisplay() = default;

void PacedNullDisplay::look_like(const Display& other) {
    for (ScanoutId scanout = 0; scanout < beams_.size(); ++scanout) {
        screens_[scanout] = other.screen(scanout);
        beams_[scanout]->set_refresh(screens_[scanout].refresh_mhz);
    }
}

void PacedNullDisplay::flush(ScanoutId scanout, const Region&, FlushDone done) {
    if (scanout < beams_.size()) {
        ++stats_[scanout].flushed;
        beams_[scanout]->flush(std::move(done));
    }
}

Result<void> PacedNullDisplay::set_screen(ScanoutId, const ScreenChange&) {
    return host_error("there is no compositor now; screens can't be changed before there is one");
}

void PacedNullDisplay::detach(ScanoutId scanout) {
    if (scanout < beams_.size()) {
        beams_[scanout]->answer();
    }
}

}  // namespace oriel::card
