// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel::wayland {

/// The guest's buffers that our GPU is reading, and when it has read them.
class BufferReads {
public:
    using Released = std::function<void(uint64_t buffer)>;

    /// `loop` is lent and must outlive this. `released` is called on the loop, never from inside
    /// add(), and not after this is gone.
    BufferReads(EventLoop& loop, Released released);
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

    EventLoop& loop_;
    /// Shared with the deferred calls, which must know when this is gone.
    std::shared_ptr<const Released> released_;
    std::list<Read> reads_;
};

}  // namespace oriel::wayland
