// SPDX-License-Identifier: MIT
#include "cursor_queue.h"

namespace oriel::gpu {

using virtio::Virtqueue;

CursorQueue::CursorQueue(const Clock& clock, Executor& executor)
    : clock_{clock}, executor_{executor}, reader_{QueueKind::kCursor, executor} {}

void CursorQueue::kicked(virtio::Transport& transport) {
    Virtqueue& queue = transport.queue(wire::kCursorQueue);
    const TimePoint until = clock_.now() + virtio::kMaxTurn;
    bool answered = false;
    Virtqueue::Pop pop = reader_.take(queue);
    for (; pop == Virtqueue::Pop::kChain; pop = reader_.take(queue)) {
        Response response;
        const wire::Type type = executor_.carry_out(reader_.request(), response, *this);
        queue.complete(reader_.chain(), response.finish(type, reader_.header()));
        answered = true;
        if (clock_.now() >= until) {
            transport.continue_later(wire::kCursorQueue);
            break;
        }
    }
    if (answered) {
        transport.signal_used(wire::kCursorQueue);
    }
    if (pop == Virtqueue::Pop::kError) {
        transport.needs_reset(queue.error());
    }
}

}  // namespace oriel::gpu
