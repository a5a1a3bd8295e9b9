// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "core/geometry.h"
#include "core/ledger.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// Who may touch a buffer's pixels. There is no "released": a released buffer is free.
enum class BufferState : uint8_t {
    kFree,       ///< nobody writes it
    kGuest,      ///< what the guest transfers is written here
    kCommitted,  ///< handed to a compositor, which may read it at any time
    kLatched,    ///< the compositor shows it
};

[[nodiscard]] const char* to_string(BufferState state);

/// One picture's worth of shared memory: a sealed memfd, page-aligned, 4 bytes a pixel, rows a
/// multiple of 256 bytes apart (KWin imports wl_shm pools with such rows as udmabuf, without a
/// copy).
class MemoryBuffer final : public LedgerItem {
public:
    static constexpr uint32_t kStrideAlignment = 256;
    static constexpr uint32_t kBytesPerPixel = 4;
    static constexpr uint32_t kMaxSide = 16384;

    [[nodiscard]] static uint64_t stride_for(uint32_t width) {
        return (uint64_t{width} * kBytesPerPixel + kStrideAlignment - 1) / kStrideAlignment *
               kStrideAlignment;
    }

    /// `size` in buffer px, not empty, each side at most kMaxSide. All pixels are zero. EMFILE
    /// where the guest has used up its part of the descriptors (core/descriptors.h).
    [[nodiscard]] static Result<std::shared_ptr<MemoryBuffer>> create(Size size);
    MemoryBuffer(const MemoryBuffer&) = delete;
    MemoryBuffer& operator=(const MemoryBuffer&) = delete;
    /// Its memory goes back in turns of the loop (PageReturner).
    ~MemoryBuffer() override;

    /// Unique in this process.
    [[nodiscard]] uint64_t id() const { return id_; }
    [[nodiscard]] Size size() const { return size_; }
    /// Bytes from a row to the next.
    [[nodiscard]] uint32_t stride() const { return stride_; }
    /// Lent; all of the memfd is this buffer, from offset 0.
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] size_t byte_size() const { return mapping_.size(); }
    [[nodiscard]] BufferState state() const { return state_; }
    [[nodiscard]] Held held() const override;

    [[nodiscard]] std::byte* row(uint32_t y) { return mapping_.data() + size_t{y} * stride_; }
    [[nodiscard]] const std::byte* row(uint32_t y) const {
        return mapping_.data() + size_t{y} * stride_;
    }

private:
    friend class MemoryPixels;
    friend class BufferLease;

    MemoryBuffer(Size size, uint32_t stride, UniqueFd fd, Mapping mapping);

    /// Gives the rows of `rect` their memory, where that is the first time that they are written
    /// and they are written nearly whole: one call to the kernel. To fault once a page takes longer
    /// than the copy, some 20 ms for a 1280x960 picture in a virtual machine.
    void touch(const Rect& rect);

    /// The only place where the state changes; asserts that the move is a legal one.
    void move_to(BufferState next);

    uint64_t id_;
    Size size_;
    uint32_t stride_;
    UniqueFd fd_;
    Mapping mapping_;
    BufferState state_ = BufferState::kFree;
    uint32_t leases_ = 0;
    uint32_t touched_ = 0;  ///< rows from the top
    /// Where this buffer's pixels are older than the picture's.
    Region stale_;
};

/// A compositor's claim on a buffer: from the commit until wl_buffer.release, or until the
/// connection is gone. While one lives, nobody writes to the buffer. Several leases on one buffer
/// are fine (one picture in two windows).
class BufferLease {
public:
    BufferLease() = default;
    BufferLease(BufferLease&& other) noexcept = default;
    BufferLease& operator=(BufferLease&& other) noexcept {
        if (this != &other) {
            reset();
            buffer_ = std::move(other.buffer_);
        }
        return *this;
    }
    BufferLease(const BufferLease&) = delete;
    BufferLease& operator=(const BufferLease&) = delete;
    ~BufferLease() { reset(); }

    [[nodiscard]] explicit operator bool() const { return buffer_ != nullptr; }
    [[nodiscard]] const std::shared_ptr<MemoryBuffer>& buffer() const { return buffer_; }

    /// The compositor's frame callback for the commit came: the buffer is what it shows.
    void latched();
    /// The compositor has released the buffer.
    void reset();

private:
    friend class MemoryPixels;
    explicit BufferLease(std::shared_ptr<MemoryBuffer> buffer);
    std::shared_ptr<MemoryBuffer> buffer_;
};

}  // namespace oriel
