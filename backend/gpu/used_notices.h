// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "gpu/command.h"

namespace oriel::gpu {

/// When the driver hears of the control queue's answers.
///
/// Linux shows a frame with TRANSFER_TO_HOST_2D and RESOURCE_FLUSH in one kick. The first is
/// answered at once, the second when the frame is on its way, and an interrupt for each costs the
/// VMM, which has to wake for it, more than the card's work on a small frame. Nobody waits for the
/// first: its driver had queued the flush behind it before there was an answer. So a batch that
/// answered only transfers without a fence, and left a flush waiting, ends without an interrupt:
/// the flush's tells of both. The used ring has every answer at once, for drivers that look by
/// themselves.
class UsedNotices {
public:
    /// The queue is about to be looked at.
    void begin(uint64_t flushes_waiting) {
        flushes_waiting_ = flushes_waiting;
        can_wait_ = true;
    }
    void answered(const wire::Header& header) {
        const bool transfer = header.type == static_cast<uint32_t>(wire::Type::kTransferToHost2d) &&
                              (header.flags & wire::kFlagFence) == 0;
        can_wait_ = can_wait_ && transfer;
        untold_ += transfer ? 1 : 0;
    }
    /// The end of what begin() began: whether the driver is told now.
    [[nodiscard]] bool due(uint64_t flushes_waiting, uint16_t queue_size) const {
        // A driver whose queue is full sleeps until it hears that there is room again.
        return !can_wait_ || flushes_waiting <= flushes_waiting_ || untold_ >= queue_size / 4;
    }
    /// The driver has been told of all, or the queue has gone.
    void told() { untold_ = 0; }

private:
    uint64_t flushes_waiting_ = 0;
    bool can_wait_ = true;
    uint32_t untold_ = 0;
};

}  // namespace oriel::gpu
