// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "card/card.h"
#include "core/event_loop.h"
#include "serve/overlay_target.h"

namespace oriel::app {

/// How it stands with the VM, in a word.
class VmStatus {
public:
    VmStatus() = default;
    VmStatus(const VmStatus&) = delete;
    VmStatus& operator=(const VmStatus&) = delete;

    [[nodiscard]] virtual std::string_view vm_status() const = 0;

protected:
    ~VmStatus() = default;
};

/// --hud: each screen's figures in a corner of its window, which are new once a second at most. It
/// wakes nobody while the screens rest.
class Hud {
public:
    static constexpr Nanoseconds kEvery{1'000'000'000};

    /// All is lent and must outlive this. `windows`: null without windows.
    Hud(EventLoop& loop, const card::Card& card, OverlayTarget* windows, const VmStatus& vm);
    Hud(const Hud&) = delete;
    Hud& operator=(const Hud&) = delete;

    /// Shows the figures, or takes them away. The error is one line for the user: there are no
    /// windows.
    [[nodiscard]] Result<void> set(bool on);
    /// There is news: a frame was shown, the VM came or went. Costs nothing while the next figures
    /// are due anyway.
    void wake();

private:
    struct Counters {
        uint64_t presented = 0;
        uint64_t merged = 0;
        friend bool operator==(const Counters&, const Counters&) = default;
    };
    using AllCounters = std::array<Counters, kMaxScanouts>;

    [[nodiscard]] AllCounters counters() const;
    void count_from_now();
    void update();
    void show(const AllCounters& now, double seconds);

    EventLoop& loop_;
    const card::Card& card_;
    OverlayTarget* const windows_;
    const VmStatus& vm_;
    bool on_ = false;
    /// When these were counted.
    TimePoint counted_at_{};
    AllCounters counted_{};
    std::string state_;
    Timer timer_;
};

/// What the corner says: path and state, frames and merged flushes a second (negative: not known
/// yet), and the latency to the screen.
[[nodiscard]] std::string hud_text(const ScanoutStats& stats, std::string_view state, double fps,
                                   double merged);

}  // namespace oriel::app
