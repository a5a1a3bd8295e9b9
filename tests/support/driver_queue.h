// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "support/guest_ram.h"

namespace oriel::test {

/// The driver's side of a split virtqueue in guest RAM (virtio 1.2, 2.7): builds chains, publishes
/// them, collects what the device has used. The raw parts are there for whoever wants to break it.
class DriverQueue {
public:
    struct Options {
        uint16_t size = 64;
        bool event_index = false;
    };
    struct Buffer {
        uint64_t address = 0;
        uint32_t length = 0;
    };
    struct Used {
        uint32_t head = 0;
        uint32_t length = 0;
    };
    enum class Table : uint8_t { kDirect, kIndirect };
    /// As in the ring (2.7.5).
    struct Descriptor {
        uint64_t address = 0;
        uint32_t length = 0;
        uint16_t flags = 0;
        uint16_t next = 0;
    };
    static constexpr uint16_t kNext = 1;
    static constexpr uint16_t kWrite = 2;
    static constexpr uint16_t kIndirect = 4;

    /// Allocates the rings. `ram` is lent and must outlive the queue.
    DriverQueue(GuestRam& ram, const Options& options);

    [[nodiscard]] uint16_t size() const { return size_; }
    [[nodiscard]] uint64_t descriptors() const { return descriptors_; }
    [[nodiscard]] uint64_t available_ring() const { return available_; }
    [[nodiscard]] uint64_t used_ring() const { return used_; }

    /// Makes a chain of what the device may read and then what it may write, and publishes it.
    /// Returns its head. Throws when the queue is full.
    uint16_t add(std::span<const Buffer> out, std::span<const Buffer> in,
                 Table table = Table::kIndirect);
    /// Whether the device wants a kick for what was published since the last call.
    [[nodiscard]] bool kick_wanted();
    /// The next chain that the device has given back.
    [[nodiscard]] std::optional<Used> take_used();
    /// Asks the device for an interrupt at the next chain that it gives back (the default), or for
    /// none.
    void want_interrupts(bool wanted);
    [[nodiscard]] bool full() const { return free_.empty(); }

    // --- raw

    void write_descriptor(uint16_t index, const Descriptor& descriptor) const;
    /// Publishes a chain that starts at `head`, whatever is there.
    void publish(uint16_t head);
    void set_available_index(uint16_t index) const;
    [[nodiscard]] uint16_t available_index() const { return next_available_; }
    [[nodiscard]] uint16_t used_index() const;

private:
    uint16_t add_direct(std::span<const Buffer> out, std::span<const Buffer> in);
    uint16_t add_indirect(std::span<const Buffer> out, std::span<const Buffer> in);
    [[nodiscard]] uint16_t take_free();

    GuestRam& ram_;
    uint16_t size_;
    bool event_index_;
    uint64_t descriptors_;
    uint64_t available_;
    uint64_t used_;
    uint16_t next_available_ = 0;
    uint16_t kicked_at_ = 0;
    uint16_t next_used_ = 0;
    std::vector<uint16_t> free_;
    std::map<uint16_t, std::vector<uint16_t>> chains_;  // head: the descriptors that it holds
    std::vector<Buffer> tables_;                        // by head; kept for the next chain
};

}  // namespace oriel::test
