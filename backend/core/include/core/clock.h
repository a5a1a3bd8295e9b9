// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace oriel {

using Nanoseconds = std::chrono::nanoseconds;

/// CLOCK_MONOTONIC of this host, in nanoseconds.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;

/// Where time comes from. Everything that waits or measures takes a Clock, so that tests of pacing
/// run in no time.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override {
        return std::chrono::time_point_cast<Nanoseconds>(std::chrono::steady_clock::now());
    }
};

/// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override { return now_; }
    void advance(Nanoseconds by) { now_ += by; }

private:
    // Not zero: a zero time point is what a forgotten initialisation looks like.
    TimePoint now_{std::chrono::seconds{1000}};
};

}  // namespace oriel
