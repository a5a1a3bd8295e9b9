// SPDX-License-Identifier: MIT
#pragma once

#include "command_reader.h"
#include "core/clock.h"
#include "executor.h"
#include "virtio/device.h"

namespace oriel::gpu {

/// The cursor queue: its commands are carried out and answered at once, in order.
class CursorQueue final : private FlushHolder {
public:
    /// Both lent; must outlive this.
    CursorQueue(const Clock& clock, Executor& executor);

    void kicked(virtio::Transport& transport);

private:
    /// Nothing here flushes.
    [[nodiscard]] FlushDone hold() override { return {}; }

    const Clock& clock_;
    Executor& executor_;
    CommandReader reader_;
};

}  // namespace oriel::gpu
