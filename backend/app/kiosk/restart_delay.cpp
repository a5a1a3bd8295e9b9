// SPDX-License-Identifier: MIT
#include "kiosk/restart_delay.h"

#include <algorithm>

namespace oriel::app {

std::optional<Nanoseconds> RestartDelay::next(Nanoseconds ran) {
    if (ran >= policy_.longest) {
        in_a_row_ = 0;
    }
    if (policy_.limit != 0 && in_a_row_ >= policy_.limit) {
        return std::nullopt;
    }
    Nanoseconds delay = policy_.delay;
    for (uint32_t i = 0; i < in_a_row_ && delay < policy_.longest; ++i) {
        delay *= 2;
    }
    ++in_a_row_;
    return std::min(delay, policy_.longest);
}

}  // namespace oriel::app
