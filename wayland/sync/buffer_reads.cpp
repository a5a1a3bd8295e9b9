// SPDX-License-Identifier: MIT
#include "sync/buffer_reads.h"

#include <utility>

#include "core/log.h"

namespace oriel::wayland {

BufferReads::BufferReads(EventLoop& loop, BufferReadsListener& listener)
    : loop_{loop}, listener_{listener}, tell_{loop, [this] { tell_read(); }} {}

void BufferReads::add(uint64_t buffer, UniqueFd fence) {
    // A GPU works in order: the new fence says all that the one before would.
    reads_.remove_if([buffer](const Read& read) { return read.buffer == buffer; });
    if (!fence) {
        read_.push_back(buffer);
        tell_.schedule();
        return;
    }
    const auto read = reads_.insert(reads_.end(), Read{buffer, std::move(fence), {}});
    auto watch = loop_.watch(read->fence.get(), FdEvents::kRead, [this, read](FdEvents) {
        const uint64_t done = read->buffer;
        reads_.erase(read);
        listener_.buffer_read(done);
    });
    if (!watch) {
        // The guest is answered when its time is up.
        log_warn("wayland", "a GPU's fence can't be watched: {}", watch.error().message());
        reads_.erase(read);
        return;
    }
    read->watch = std::move(*watch);
}

void BufferReads::tell_read() {
    const Weak<BufferReads> self = weak_.get();
    for (const uint64_t buffer : std::exchange(read_, {})) {
        listener_.buffer_read(buffer);
        if (self.get() == nullptr) {
            return;
        }
    }
}

}  // namespace oriel::wayland
