// SPDX-License-Identifier: MIT
// What requests take while they wait for their answers.
#include "virtio/virtqueue.h"

namespace oriel::virtio {

void Chain::keep_for_answer(uint64_t answer) {
    // Small ones stay as they are, with their room for the next one.
    constexpr size_t kSmall = 16;
    readable.clear();
    if (readable.capacity() > kSmall) {
        readable.shrink_to_fit();
    }
    if (writable.capacity() <= kSmall) {
        return;
    }
    size_t needed = 0;
    for (uint64_t bytes = 0; needed < writable.size() && bytes < answer; ++needed) {
        bytes += writable[needed].length;
    }
    writable.resize(needed);
    writable.shrink_to_fit();
}

uint64_t Chain::heap_bytes() const {
    return heap_bytes_of(readable.capacity() * sizeof(Piece)) +
           heap_bytes_of(writable.capacity() * sizeof(Piece));
}

Held Virtqueue::held() const {
    return {
        heap_bytes_of(table_.capacity()) + heap_bytes_of(again_.capacity() * sizeof again_.front()),
        0};
}

}  // namespace oriel::virtio
