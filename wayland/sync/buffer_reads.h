// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "core/weak.h"

namespace oriel::wayland {

/// Who waits for our GPU.
class BufferReadsListener {
public:
    BufferReadsListener() = default;
    BufferReadsListener(const BufferReadsListener&) = delete;
    BufferReadsListener& operator=(const BufferReadsListener&) = delete;

    /// It has read this buffer. On the loop. May destroy the BufferReads.
    virtual void buffer_read(uint64_t buffer) = 0;

protected:
    ~BufferReadsListener() = default;
};

/// The guest's buffers that our GPU is reading, and when it has read them.
class BufferReads {
public:
    /// Both are lent and must outlive this. `listener` is never told from inside add().
    BufferReads(EventLoop& loop, BufferReadsListener& listener);
    BufferReads(const BufferReads&) = delete;
    BufferReads& operator=(const BufferReads&) = delete;

    /// The buffer is read until `fence` turns readable; with none it has been read. One that is
    /// read several times is released after the last.
    void add(uint64_t buffer, UniqueFd fence);
    /// Buffers that wait for a fence.
    [[nodiscard]] size_t count() const { return reads_.size(); }

private:
    struct Read {
        uint64_t buffer;
        UniqueFd fence;
        FdWatch watch;  // before the fence that it watches goes
    };

    void tell_read();

    EventLoop& loop_;
    BufferReadsListener& listener_;
    std::list<Read> reads_;
    /// Read already, and to be told of.
    std::vector<uint64_t> read_;
    DeferredCall tell_;
    WeakOwner<BufferReads> weak_{this};
};

}  // namespace oriel::wayland
