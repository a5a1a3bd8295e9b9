// SPDX-License-Identifier: MIT
#pragma once

#include "scanout/flush_done.h"

namespace oriel::gpu {

/// Makes the completions of a flush: each scanout that shows a part of it gets one.
class FlushHolder {
public:
    FlushHolder() = default;
    FlushHolder(const FlushHolder&) = delete;
    FlushHolder& operator=(const FlushHolder&) = delete;

    [[nodiscard]] virtual FlushDone hold() = 0;

protected:
    ~FlushHolder() = default;
};

}  // namespace oriel::gpu
