// SPDX-License-Identifier: MIT
#pragma once

#include "core/clock.h"

namespace oriel::gpu {

/// How long a queue is served in one turn of the loop: a guest that fills it as fast as it is
/// emptied must not keep the loop from everything else.
constexpr Nanoseconds kMaxTurn{4'000'000};

}  // namespace oriel::gpu
