// SPDX-License-Identifier: MIT
#include "sync/buffer_reads.h"

#include <utility>

#include "core/log.h"

namespace oriel::wayland {

BufferReads::BufferReads(EventLoop& loop, Released released)
    : loop_{loop}, released_{std::make_shared<const Released>(std::move(released))} {}

void BufferReads::add(uint64_t buffer, UniqueFd fence) {
    // A GPU works in order: the new fence says all that the one before would.
    reads_.remove_if([buffer](const Read& read) { return read.buffer == buffer; });
    if (!fence) {
        loop_.defer([buffer, later = std::weak_ptr{released_}] {
            if (const auto released = later.lock()) {
                (*released)(buffer);
            }
        });
        return;
    }
    const auto read = reads_.insert(reads_.end(), Read{buffer, std::move(fence), {}});
    auto watch = loop_.watch(read->fence.get(), FdEvents::kRead, [this, read](FdEvents) {
        // Kept: whoever hears it may destroy this.
        const auto released = released_;
        const uint64_t done = read->buffer;
        reads_.erase(read);
        (*released)(done);
    });
    if (!watch) {
        // The guest is answered when its time is up.
        log_warn("wayland", "a GPU's fence can't be watched: {}", watch.error().message());
        reads_.erase(read);
        return;
    }
    read->watch = std::move(*watch);
}

}  // namespace oriel::wayland
