// SPDX-License-Identifier: MIT
// Conditions about a screen that need no pixel of it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "core/clock.h"
#include "screen_wait/condition.h"
#include "screen_wait/watched_vm.h"

namespace oriel::app {

struct StateVerdict {
    bool ok = false;
    std::string message;  ///< what is there: one line
};

[[nodiscard]] StateVerdict check_mode(const ModeCondition& condition, const ScreenState& screen);
[[nodiscard]] StateVerdict check_frames(const FramesCondition& condition,
                                        const ScreenState& screen);
[[nodiscard]] StateVerdict check_cursor(const CursorCondition& condition,
                                        const ScreenState& screen);
[[nodiscard]] StateVerdict check_edid(const EdidCondition& condition, const ToldMonitor& monitor);

/// Counts frames over the time that the condition says, which moves along.
class RefreshWatch {
public:
    /// A look at the screen. No verdict is ok before the whole time was watched.
    [[nodiscard]] StateVerdict look(const RefreshCondition& condition, uint64_t frames,
                                    TimePoint now);

private:
    struct Sample {
        TimePoint time;
        uint64_t frames = 0;
    };
    /// The first one is as old as the time to watch, or the oldest that there is.
    std::deque<Sample> samples_;
};

}  // namespace oriel::app
