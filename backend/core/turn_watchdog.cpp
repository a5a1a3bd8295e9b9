// SPDX-License-Identifier: MIT
#include "turn_watchdog.h"

#include <string>

#include "core/descriptor_target.h"

namespace oriel {
namespace {

std::string describe(CallKind kind, int fd) {
    switch (kind) {
        case CallKind::kDescriptor:
            return fmt::format("descriptor {} ({})", fd,
                               descriptor_target(fd).value_or("closed since"));
        case CallKind::kTimer:
            return "a timer";
        case CallKind::kDeferred:
            return "a deferred call";
        case CallKind::kBeforeSleep:
            return "what is done before the loop sleeps";
    }
    return "?";
}

int64_t milliseconds(Nanoseconds time) {
    return time.count() / 1'000'000;
}

}  // namespace

void TurnWatchdog::turn_begins() {
    began_ = last_ = clock_.now();
    longest_ = Nanoseconds{0};
}

void TurnWatchdog::called(CallKind kind, int fd) {
    const TimePoint now = clock_.now();
    if (now - last_ > longest_) {
        longest_ = now - last_;
        longest_kind_ = kind;
        longest_fd_ = fd;
    }
    last_ = now;
}

Nanoseconds TurnWatchdog::turn_ends() {
    const Nanoseconds took = last_ - began_;
    if (took > kLimit && log_limiter_.admit(last_)) {
        log_warn("loop", "a turn took {} ms, {} ms of them {}", milliseconds(took),
                 milliseconds(longest_), describe(longest_kind_, longest_fd_));
    }
    return took;
}

}  // namespace oriel
