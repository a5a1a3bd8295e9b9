// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "core/clock.h"
#include "core/log.h"
#include "gpu/command.h"
#include "guest/guest_memory.h"

namespace oriel::gpu {

/// Tells the user when a guest draws into memory that its VMM has mapped privately: one of several
/// memory backends, where rings are in another one. What is drawn there is never seen.
class PrivateMemoryHint {
public:
    /// `memory` is lent and must outlive this, `clock` too.
    PrivateMemoryHint(const guest::GuestMemory& memory, const Clock& clock)
        : memory_{memory}, clock_{clock} {}

    /// A resource gets this backing. Looks at its first and its last entry; seldom, as that takes a
    /// millisecond.
    void backed(std::span<const command::BackingEntry> entries);
    /// The driver starts anew, perhaps with another VMM's memory.
    void reset() { told_ = false; }

private:
    const guest::GuestMemory& memory_;
    const Clock& clock_;
    /// Three questions at once, then one in ten seconds.
    LogLimiter question_limiter_{3, Nanoseconds{10'000'000'000}};
    LogLimiter log_limiter_;
    bool told_ = false;
};

}  // namespace oriel::gpu
