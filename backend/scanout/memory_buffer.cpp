// SPDX-License-Identifier: MIT
#include "scanout/memory_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>

#include "core/descriptors.h"
#include "core/log.h"
#include "core/memfd.h"
#include "core/page_returner.h"

namespace oriel {
namespace {

// Only assert() asks.
[[maybe_unused]] bool legal(BufferState from, BufferState to) {
    switch (to) {
        case BufferState::kFree:
            return true;
        case BufferState::kGuest:
            return from == BufferState::kFree;
        case BufferState::kCommitted:
            return true;  // also again: the same picture in a second window, or after a resize
        case BufferState::kLatched:
            return from == BufferState::kCommitted || from == BufferState::kLatched;
    }
    return false;
}

}  // namespace

const char* to_string(BufferState state) {
    switch (state) {
        case BufferState::kFree:
            return "free";
        case BufferState::kGuest:
            return "guest";
        case BufferState::kCommitted:
            return "committed";
        case BufferState::kLatched:
            return "latched";
    }
    return "?";
}

MemoryBuffer::MemoryBuffer(Size size, uint32_t stride, UniqueFd fd, Mapping mapping)
    : LedgerItem{HeldFor::kPictures},
      size_{size},
      stride_{stride},
      fd_{std::move(fd)},
      mapping_{std::move(mapping)} {
    static uint64_t last_id = 0;
    id_ = ++last_id;
}

MemoryBuffer::~MemoryBuffer() {
    PageReturner::give_back(std::move(fd_), std::move(mapping_));
}

Result<std::shared_ptr<MemoryBuffer>> MemoryBuffer::create(Size size) {
    assert(!size.empty() && size.width <= kMaxSide && size.height <= kMaxSide);
    const auto stride = static_cast<uint32_t>(stride_for(size.width));
    // One row more than there are pixels (never touched, so never allocated): a presenter that
    // shows a part of the picture makes a wl_buffer that starts at the part's corner, and wl_shm
    // counts its last row in full strides.
    const size_t bytes = round_to_pages(size_t{stride} * (size_t{size.height} + 1));
    auto fd = for_guest(create_memfd("oriel-pixels", bytes, MemfdSeals::kFixedSize));
    if (!fd) {
        return tl::unexpected(std::move(fd).error());
    }
    auto mapping = Mapping::map(fd->get(), 0, bytes, MapAccess::kReadWrite);
    if (!mapping) {
        return tl::unexpected(std::move(mapping).error());
    }
    return std::shared_ptr<MemoryBuffer>{
        new MemoryBuffer{size, stride, std::move(*fd), std::move(*mapping)}};
}

Held MemoryBuffer::held() const {
    return {
        file_bytes_of(fd_) + heap_bytes_of(sizeof *this) + heap_bytes_of_rects(stale_.rect_count()),
        1};
}

void MemoryBuffer::touch(const Rect& rect) {
    if (rect.bottom() <= touched_ || rect.width < size_.width / 2) {
        return;
    }
    const uint32_t first = std::max(rect.y, touched_);
    touched_ = static_cast<uint32_t>(rect.bottom());
#ifdef MADV_POPULATE_WRITE
    // From the first row's first page on, and not into the next row. Where the kernel can't (before
    // Linux 5.14) pages come as they are written.
    const size_t begin = round_to_pages(size_t{first} * stride_);
    const size_t end = size_t{touched_} * stride_;
    if (end > begin) {
        static_cast<void>(::madvise(mapping_.data() + begin, end - begin, MADV_POPULATE_WRITE));
    }
#endif
}

void MemoryBuffer::move_to(BufferState next) {
    assert(legal(state_, next));
    log_debug("buffer", "{}: {} -> {}", id_, to_string(state_), to_string(next));
    state_ = next;
}

BufferLease::BufferLease(std::shared_ptr<MemoryBuffer> buffer) : buffer_{std::move(buffer)} {
    ++buffer_->leases_;
    buffer_->move_to(BufferState::kCommitted);
}

void BufferLease::latched() {
    if (buffer_) {
        buffer_->move_to(BufferState::kLatched);
    }
}

void BufferLease::reset() {
    if (!buffer_) {
        return;
    }
    if (--buffer_->leases_ == 0) {
        buffer_->move_to(BufferState::kFree);
    }
    buffer_.reset();
}

}  // namespace oriel
