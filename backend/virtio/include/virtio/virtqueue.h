// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ledger.h"
#include "guest/guest_memory.h"
#include "virtio/in_flight.h"

namespace oriel::virtio {

/// What is wrong with a ring; every one of them makes the device need a reset (virtio 1.2, 2.1.2).
enum class RingError : uint8_t {
    kNone,
    kAddress,     ///< a ring or a descriptor is not in guest memory
    kIndex,       ///< a descriptor index is beyond the queue's size
    kLoop,        ///< a chain is longer than the queue, or than its indirect table
    kTooLong,     ///< a chain holds more than kMaxChainBytes
    kIndirect,    ///< an indirect table is malformed, nested or not negotiated
    kOrder,       ///< a readable descriptor follows a writable one
    kAvailRange,  ///< more requests are available or unanswered than the queue has entries
    kLayout,      ///< the queue's size or the alignment of its rings is not allowed
    kMemoryLost,  ///< the file behind guest memory shrank
};

/// More than any request of a device here needs: a gigabyte of single-page backing entries is 4
/// MiB.
constexpr uint64_t kMaxChainBytes = uint64_t{64} << 20;
/// A driver may make an indirect table longer than the queue (Linux does, for backing entries in
/// scattered pages), but not longer than the longest queue.
constexpr uint32_t kMaxIndirectEntries = 32768;

[[nodiscard]] const char* to_string(RingError error);

/// A request of the driver: what it lets the device read, then what it lets the device write.
/// Addresses, not spans: it may be kept for as long as the answer takes. Adjacent descriptors that
/// are contiguous in guest memory are one piece.
struct Chain {
    struct Piece {
        uint64_t address = 0;  ///< guest-physical
        uint32_t length = 0;
    };

    uint16_t head = 0;
    uint32_t life = 0;  ///< which start() of its queue it came after
    std::vector<Piece> readable;
    std::vector<Piece> writable;
    uint64_t readable_bytes = 0;
    uint64_t writable_bytes = 0;

    /// For one that is kept until its answer: forgets where the request was, and what is behind the
    /// first `answer` bytes to write. A guest may make each of 32768 pieces.
    void keep_for_answer(uint64_t answer);
    [[nodiscard]] uint64_t heap_bytes() const;
};

/// The device side of a split virtqueue (virtio 1.2, 2.7) with indirect descriptors and event
/// indices.
class Virtqueue final : public LedgerItem {
public:
    struct Layout {
        uint16_t size = 0;  ///< a power of two, at most 32768
        uint64_t descriptors = 0;
        uint64_t driver = 0;  ///< available ring
        uint64_t device = 0;  ///< used ring
        bool event_index = false;
        bool indirect = false;
        /// Where a queue that was stopped goes on, its next_index() then; nothing: it is new.
        std::optional<uint16_t> resume{};
    };

    /// `memory` is lent and must outlive the queue.
    explicit Virtqueue(const guest::GuestMemory& memory);

    /// Checks the layout and starts, at index 0 unless it says otherwise.
    [[nodiscard]] RingError start(const Layout& layout);
    /// The same for a queue that another process has served: goes on where the rings are, with what
    /// keep()'s words say was not answered first. They are not believed: whatever they say, each
    /// request is checked as any other.
    [[nodiscard]] RingError resume(const Layout& layout);
    /// From now on what is in flight is kept there (InFlight::words_for() the size, lent); empty:
    /// nowhere.
    void keep(std::span<uint64_t> words) { kept_ = InFlight{words}; }
    /// The same in the form that it says.
    void keep(const InFlight& where) { kept_ = where; }
    void stop();
    [[nodiscard]] bool running() const { return running_; }
    [[nodiscard]] const Layout& layout() const { return layout_; }
    /// The available index of the next request, of those that are not answered: popped requests are
    /// popped again from there, which is right where the unanswered ones are the last ones. Stays
    /// after stop().
    [[nodiscard]] uint16_t next_index() const {
        return static_cast<uint16_t>(next_available_ - in_flight_ - again_.size());
    }

    enum class Pop : uint8_t { kChain, kEmpty, kError };
    enum class Kicks : uint8_t {
        kWanted,
        kSpare,  ///< the device will look by itself; a driver with event indices kicks no more
    };
    /// The next request. On kError the queue stops and error() says why. kEmpty has already asked
    /// the driver to kick for what comes next, if kicks are wanted.
    [[nodiscard]] Pop pop(Chain& chain, Kicks kicks = Kicks::kWanted);
    [[nodiscard]] RingError error() const { return error_; }

    /// Copies the chain's first `bytes.size()` readable bytes, from `offset` on, out of guest
    /// memory. False if the chain is shorter or no longer in guest memory.
    [[nodiscard]] bool read(const Chain& chain, uint64_t offset, std::span<std::byte> bytes) const;

    /// Answers a request: writes `response` to its writable part (as much as fits) and returns it
    /// to the driver. In any order. Nothing happens if the queue was stopped meanwhile.
    void complete(const Chain& chain, std::span<const std::byte> response);

    /// Whether the driver wants interrupts at all; one that polls says so (2.7.7).
    [[nodiscard]] bool wants_interrupts() const;

    /// Whether the driver wants an interrupt for what was completed since the last call.
    [[nodiscard]] bool take_interrupt();

    /// Nothing was ever popped, and the rings read as all zero: after a kick that can't be, unless
    /// this process and the guest don't share the memory.
    [[nodiscard]] bool looks_unshared() const;

    [[nodiscard]] Held held() const override;

private:
    struct Descriptor;

    [[nodiscard]] std::optional<uint16_t> load_u16(uint64_t address) const;
    bool store_u16(uint64_t address, uint16_t value) const;
    [[nodiscard]] RingError check(const Layout& layout) const;
    void run(const Layout& layout);
    [[nodiscard]] Pop take(uint16_t head, Chain& chain);
    [[nodiscard]] RingError gather(uint16_t head, Chain& chain);
    [[nodiscard]] RingError gather_table(const Descriptor& table, Chain& chain);
    [[nodiscard]] RingError add(const Descriptor& descriptor, Chain& chain) const;
    Pop fail(RingError error);

    const guest::GuestMemory& memory_;
    Layout layout_;
    bool running_ = false;
    RingError error_ = RingError::kNone;
    uint16_t next_available_ = 0;
    uint16_t next_used_ = 0;
    uint16_t interrupted_at_ = 0;
    bool completed_since_interrupt_ = false;
    uint32_t in_flight_ = 0;  // popped and not completed
    uint32_t life_ = 0;
    bool popped_any_ = false;
    InFlight kept_;
    /// Taken by an earlier process and not answered: the next one last.
    std::vector<uint16_t> again_;
    std::vector<std::byte> table_;  // the indirect table at hand, kept for its capacity
};

}  // namespace oriel::virtio
