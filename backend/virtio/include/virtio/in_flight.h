// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace oriel::virtio {

/// Which requests of a queue were taken and not answered, in words that outlive the process
/// (StateRecord::words()): rings alone do not say it, because answers come in any order. What
/// QEMU's vhost-user devices keep for the same reason, in a form of its own.
class InFlight {
public:
    [[nodiscard]] static constexpr size_t words_for(uint16_t queue_size) {
        return kHeads + size_t{queue_size};
    }

    InFlight() = default;
    /// `words`: words_for() the queue's size, lent. Empty: nothing is kept.
    explicit InFlight(std::span<uint64_t> words) : words_{words} {}

    /// The queue starts: nothing is in flight.
    void begin();
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

    [[nodiscard]] bool keeps(uint16_t head) const { return kHeads + head < words_.size(); }

    std::span<uint64_t> words_;
};

}  // namespace oriel::virtio
