// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/geometry.h"
#include "core/ledger.h"
#include "core/result.h"
#include "scanout/memory_buffer.h"

namespace oriel {

/// Where the pixels of an update come from: guest memory in pieces, video memory, a test.
class RowSource {
public:
    /// As many rows are taken before the first of them is used: side by side they are copied
    /// faster.
    static constexpr size_t kAtOnce = 4;

    RowSource() = default;
    RowSource(const RowSource&) = delete;
    RowSource& operator=(const RowSource&) = delete;
    virtual ~RowSource() = default;

    /// The pixels [x, x + width) of row y, 4 bytes each in memory order B, G, R, X/A. Either a
    /// pointer to them where they are, or `scratch` (room for `width` pixels) filled with them.
    /// They must stay readable during the next kAtOnce - 1 calls, which have other scratch; they
    /// may change meanwhile (a guest owns them).
    [[nodiscard]] virtual const std::byte* row(uint32_t x, uint32_t y, uint32_t width,
                                               std::byte* scratch) = 0;
};

enum class Damage : uint8_t {
    kAsClaimed,  ///< the source says that all of the rectangle changed; believe it
    /// Find out what really changed, row spans at a time. Where everything changes again and again
    /// (video) that only costs, so then it is tried on every now and then, and the claim believed
    /// in between.
    kCompare,
    kFind,  ///< nobody says what changed (VGA memory): compare always
};

/// A picture in one to four buffers of our own, so that nobody ever writes what a compositor reads
/// and a full frame costs one copy.
///
/// Writers call update(); it writes to a buffer that no compositor holds and remembers, per buffer,
/// where it lags behind (buffer age). A presenter that hands whole buffers out calls publish(),
/// which catches the written buffer up; one that only reads (texture upload, screenshots) calls
/// latest(), and then the picture never needs a second buffer.
class MemoryPixels final : public LedgerItem {
public:
    /// Made as they are needed: one that is shown, one that is committed, one to write to, and one
    /// for a compositor that gives buffers back a frame late.
    static constexpr size_t kMaxBuffers = 4;

    /// A black picture, `size` in buffer px, not empty, each side at most MemoryBuffer::kMaxSide.
    [[nodiscard]] static Result<std::shared_ptr<MemoryPixels>> create(Size size);

    [[nodiscard]] Size size() const { return size_; }

    /// Takes over `rect` (inside the picture) from `source`, whose coordinates are the picture's.
    /// Returns what really changed, or `rect` with Damage::kAsClaimed.
    Region update(const Rect& rect, RowSource& source, Damage damage);

    /// Whether publish() would leave a buffer for the writer. While it is false, keep the damage
    /// and ask again when a lease ends.
    [[nodiscard]] bool can_publish() const;

    /// Whether there are buffers for one more update(), and for publish() after it.
    [[nodiscard]] bool can_update_and_publish() const;

    /// Completes the newest picture and leases its buffer to a compositor. Only when can_publish().
    [[nodiscard]] BufferLease publish();

    /// The complete newest picture, for reading until the next call of any member.
    [[nodiscard]] const MemoryBuffer& latest();

    /// Pixels that publish() and latest() would copy now.
    [[nodiscard]] uint64_t lag() const;
    /// Copies some of them. Whether there are more.
    bool copy_piece();

    /// Gives memory back that an idle picture doesn't need: all free buffers but the newest.
    void trim();

    /// Bytes that update(), publish() and latest() have copied so far.
    [[nodiscard]] uint64_t bytes_copied() const { return bytes_copied_; }
    /// Those since the last call, for a presenter that adds them up.
    [[nodiscard]] uint64_t take_bytes_copied() {
        return bytes_copied_ - std::exchange(bytes_taken_, bytes_copied_);
    }
    [[nodiscard]] size_t buffer_count() const { return buffers_.size(); }
    /// Without its buffers, which are items themselves.
    [[nodiscard]] Held held() const override;

private:
    MemoryPixels(Size size, std::shared_ptr<MemoryBuffer> first);

    [[nodiscard]] MemoryBuffer& writable();
    void catch_up(MemoryBuffer& buffer);
    void copy_from_front(MemoryBuffer& buffer, const Region& part);
    [[nodiscard]] bool worth_comparing(const Rect& rect);
    void learn_from_comparison(const Rect& rect, const Region& changed);
    Region compare_update(const Rect& rect, RowSource& source, MemoryBuffer& target);
    void copy_rect(const Rect& rect, RowSource& source, MemoryBuffer& target);

    Size size_;
    std::vector<std::shared_ptr<MemoryBuffer>> buffers_;
    /// Being written since the last publish; null when nothing was. Points into buffers_.
    MemoryBuffer* back_ = nullptr;
    /// Was complete at the last publish: right wherever back_ is stale. Points into buffers_.
    MemoryBuffer* front_ = nullptr;
    /// Comparisons in a row that found most of the picture changed.
    uint32_t futile_comparisons_ = 0;
    /// Pixels of updates that will be believed before the next comparison.
    uint64_t believe_ = 0;
    /// Pixels of a comparison that is made in pieces, and those that were found changed.
    uint64_t compared_ = 0;
    uint64_t found_ = 0;
    uint64_t bytes_copied_ = 0;
    uint64_t bytes_taken_ = 0;
};

}  // namespace oriel
