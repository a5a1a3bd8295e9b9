// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "kiosk/vm_plan.h"

namespace oriel::app {

/// How long a VM that has ended waits for its next start.
class RestartDelay {
public:
    explicit RestartDelay(const RestartPolicy& policy) : policy_{policy} {}

    /// It was seen running for so long before it ended: one that has run for the longest delay is
    /// taken to be well, and the count begins anew. Nothing: no more restarts.
    [[nodiscard]] std::optional<Nanoseconds> next(Nanoseconds ran);
    void reset() { in_a_row_ = 0; }
    /// Restarts so far count under the new one, too.
    void set_policy(const RestartPolicy& policy) { policy_ = policy; }
    /// Restarts since the last reset.
    [[nodiscard]] uint32_t in_a_row() const { return in_a_row_; }

private:
    RestartPolicy policy_;
    uint32_t in_a_row_ = 0;
};

}  // namespace oriel::app
