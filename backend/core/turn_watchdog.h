// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"

namespace oriel {

/// Watches that no turn of the loop is long: whoever waits for the loop (a guest's flush, a key,
/// the control socket) waits for the whole of a turn. In builds with assertions a turn over kLimit
/// is a warning that says what took longest in it. Real time, also under a test's clock.
class TurnWatchdog {
public:
    static constexpr Nanoseconds kLimit{50'000'000};

    /// The loop has woken up.
    void turn_begins();
    /// A callback ends; it began when the one before ended, or the turn began. `fd` is the
    /// descriptor of kDescriptor, else -1.
    void called(CallKind kind, int fd = -1);
    /// Returns how long the turn took.
    Nanoseconds turn_ends();

private:
    SystemClock clock_;
    TimePoint began_{};
    TimePoint last_{};
    Nanoseconds longest_{0};
    CallKind longest_kind_ = CallKind::kDescriptor;
    int longest_fd_ = -1;
    LogLimiter log_limiter_;
};

}  // namespace oriel
