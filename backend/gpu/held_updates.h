// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "command_reader.h"
#include "core/event_loop.h"
#include "gpu/command.h"

namespace oriel::gpu {

class Executor;

/// Transfers and flushes that are neither carried out nor answered, because nobody would see them:
/// a frame of what they change is on its way to the screen. In the queue's order; no more than the
/// queue has entries.
class HeldUpdates {
public:
    struct Update {
        QueuedCommand queued;
        Command command;  ///< a TransferToHost2d or a ResourceFlush
    };

    /// `executor` is lent and must outlive this. `overdue` is called when the oldest update has
    /// been held for long enough, whatever becomes of the frame.
    HeldUpdates(EventLoop& loop, Executor& executor, Callback overdue);

    /// Whether a command that is next in the queue may be held. `collecting`: the ones that are
    /// held are about to be carried out, and what comes now joins them.
    [[nodiscard]] bool may_hold(const Command& command, bool collecting) const;
    void hold(QueuedCommand queued, Command command);

    /// All of them, which are to be carried out now, in order. Lent until the next call.
    [[nodiscard]] std::vector<Update>& take();
    void clear();
    [[nodiscard]] bool empty() const { return held_.empty(); }
    [[nodiscard]] size_t count() const { return held_.size(); }
    [[nodiscard]] uint64_t heap_bytes() const;

    /// The refresh rate of the slowest screen, which says what is long enough.
    void set_refresh(uint32_t refresh_mhz);

private:
    Executor& executor_;
    std::vector<Update> held_;
    std::vector<Update> taken_;
    Nanoseconds longest_{};
    Timer timer_;
};

}  // namespace oriel::gpu
