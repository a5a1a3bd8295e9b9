// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace oriel::virtio {

/// Which requests of a queue were taken and not answered, in memory that outlives the process:
/// rings alone do not say it, because answers come in any order. In a form of its own
/// (StateRecord::words()), or in the one that the front ends of vhost-user keep.
class InFlight {
public:
    /// The memory of a queue that a front end of vhost-user keeps ("Inflight I/O tracking" in the
    /// specification, for a split ring): all zero until the queue starts for the first time.
    struct Shared {
        struct Entry {
            uint8_t in_flight;
            std::array<uint8_t, 5> padding;
            uint16_t next;  ///< for answers in batches: there are none here
            uint64_t counter;
        };
        static constexpr uint16_t kVersion = 1;

        uint64_t features;
        uint16_t version;
        uint16_t entries;
        uint16_t last_head;  ///< that is being answered, or was
        uint16_t used;       ///< the ring's index after the last answer
        // The entries follow.
    };
    static_assert(sizeof(Shared) == 16 && sizeof(Shared::Entry) == 16);

    [[nodiscard]] static constexpr size_t words_for(uint16_t queue_size) {
        return kHeads + size_t{queue_size};
    }
    [[nodiscard]] static constexpr size_t shared_bytes_for(uint16_t queue_size) {
        return sizeof(Shared) + sizeof(Shared::Entry) * queue_size;
    }

    InFlight() = default;
    /// `words`: words_for() the queue's size, lent. Empty: nothing is kept.
    explicit InFlight(std::span<uint64_t> words) : words_{words} {}
    /// `bytes`: shared_bytes_for() the queue's size, lent, aligned to 8. Its contents are not
    /// believed, and may change at any time.
    [[nodiscard]] static InFlight shared(std::span<std::byte> bytes);

    /// The queue starts, where the ring's index is `used`: nothing is in flight.
    void begin(uint16_t used);
    void taken(uint16_t head);
    /// The ring's entry and its index, which will be `used`, are written next.
    void answering(uint16_t head);
    /// They are written.
    void answered(uint16_t head, uint16_t used);

    /// After the end of the process that has kept them: the heads to be carried out again, in the
    /// order in which they were taken. `used` is the index in the ring; beyond `queue_size` there
    /// are none.
    [[nodiscard]] std::vector<uint16_t> left(uint16_t used, uint16_t queue_size);

private:
    // Before the heads: the last number that was given, the used index after the last answer, and
    // the head that is being answered, plus one.
    static constexpr size_t kCounter = 0;
    static constexpr size_t kUsed = 1;
    static constexpr size_t kAnswering = 2;
    static constexpr size_t kHeads = 3;

    [[nodiscard]] bool keeps(size_t head) const {
        return shared_ != nullptr ? head < entries_.size() : kHeads + head < words_.size();
    }
    /// In which place of their order the request was taken; 0: it is not in flight.
    [[nodiscard]] uint64_t number(size_t head) const;
    void settle(uint16_t used);

    std::span<uint64_t> words_;
    Shared* shared_ = nullptr;
    std::span<Shared::Entry> entries_;
    /// The last number that was given, of the shared form, which has no place for it.
    uint64_t counter_ = 0;
};

}  // namespace oriel::virtio
