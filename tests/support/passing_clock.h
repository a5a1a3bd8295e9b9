// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "core/clock.h"

namespace oriel::test {

/// A clock that goes on by so much each time that it is read.
class PassingClock final : public Clock {
public:
    explicit PassingClock(Nanoseconds step) : step_{step} {}
    [[nodiscard]] TimePoint now() const override { return now_ += step_; }

private:
    Nanoseconds step_;
    mutable TimePoint now_{std::chrono::seconds{1000}};
};

}  // namespace oriel::test
