// SPDX-License-Identifier: MIT
// A guest's rings and descriptors, all of them hostile, and a record of what was in flight when the
// process before ended, which a front end keeps.
#include <fcntl.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "guest/guest_memory.h"
#include "harness.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "virtio/in_flight.h"
#include "virtio/virtqueue.h"

using namespace oriel;
using namespace oriel::test;

namespace {

constexpr size_t kRam = 0x40000;

DriverQueue::Descriptor take_descriptor(FuzzInput& input) {
    // Addresses near the RAM's ends and inside, so that not all of them are just wrong.
    const auto kind = input.take<uint8_t>();
    const auto low = input.take<uint16_t>();
    uint64_t address = low;
    if (kind % 4 == 1) {
        address = kRam - low % 64;
    } else if (kind % 4 == 2) {
        address = UINT64_MAX - low;
    }
    const auto length = kind % 16 == 15 ? input.take<uint32_t>() : input.take<uint8_t>() * 16U;
    return {address, length, static_cast<uint16_t>(input.take<uint8_t>() & 7),
            static_cast<uint16_t>(input.take<uint8_t>() % 40)};
}

void check_chain(const virtio::Chain& chain) {
    uint64_t bytes = 0;
    for (const auto& piece : chain.readable) {
        bytes += piece.length;
    }
    assert(bytes == chain.readable_bytes);
    assert(chain.readable_bytes + chain.writable_bytes <= virtio::kMaxChainBytes);
}

class Machine {
public:
    explicit Machine(FuzzInput& input) : options_{input.take<uint8_t>()} {
        plug();
        driver_.emplace(ram_,
                        DriverQueue::Options{.size = kQueueSize, .event_index = event_index()});
        record_.resize(virtio::InFlight::shared_bytes_for(kQueueSize) / sizeof(uint64_t));
        words_.resize(virtio::InFlight::words_for(kQueueSize));
        keep();
        static_cast<void>(queue_.start(layout()));
    }

    void step(FuzzInput& input);

private:
    static constexpr uint16_t kQueueSize = 32;

    [[nodiscard]] bool event_index() const { return (options_ & 1) != 0; }
    [[nodiscard]] virtio::Virtqueue::Layout layout() const {
        return {.size = kQueueSize,
                .descriptors = driver_->descriptors(),
                .driver = driver_->available_ring(),
                .device = driver_->used_ring(),
                .event_index = event_index(),
                .indirect = (options_ & 2) != 0};
    }
    void keep() {
        if ((options_ & 12) == 4) {
            queue_.keep(virtio::InFlight::shared(std::as_writable_bytes(std::span{record_})));
        } else if ((options_ & 12) == 8) {
            queue_.keep(std::span{words_});
        }
    }
    /// All of the guest's memory is there, or is not.
    void plug() {
        if (!memory_.unmap(0, kRam)) {
            static_cast<void>(
                memory_.map(0, kRam, UniqueFd{::fcntl(ram_.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
        }
    }
    void start_anew(FuzzInput& input);
    void damage_record(FuzzInput& input);
    void pop(FuzzInput& input);
    void answer(const virtio::Chain& chain);

    uint8_t options_;
    GuestRam ram_{kRam};
    guest::GuestMemory memory_;
    std::optional<DriverQueue> driver_;
    virtio::Virtqueue queue_{memory_};
    /// As a front end of vhost-user keeps it, and as this program does.
    std::vector<uint64_t> record_;
    std::vector<uint64_t> words_;
    std::vector<virtio::Chain> unanswered_;
    std::vector<std::byte> request_;
};

/// By the driver, which may get the layout wrong, or by the process that comes next.
void Machine::start_anew(FuzzInput& input) {
    virtio::Virtqueue::Layout wanted = layout();
    const auto how = input.take<uint8_t>();
    if (how % 4 == 1) {
        wanted.size = input.take<uint16_t>();
        wanted.descriptors += input.take<uint8_t>();
        wanted.driver += input.take<uint8_t>();
        wanted.device += input.take<uint8_t>();
    } else if (how % 4 == 2) {
        wanted.resume = how < 128 ? queue_.next_index() : input.take<uint16_t>();
    }
    if (how % 8 == 7) {
        plug();
    }
    queue_.stop();
    keep();
    const auto error = how % 2 != 0 ? queue_.start(wanted) : queue_.resume(wanted);
    assert(queue_.running() == (error == virtio::RingError::kNone));
    static_cast<void>(virtio::to_string(error));
    assert(!queue_.running() || wanted.size <= 32768);
}

void Machine::damage_record(FuzzInput& input) {
    auto& words = input.take<uint8_t>() % 2 == 0 ? record_ : words_;
    const auto bytes = std::as_writable_bytes(std::span{words});
    const size_t at = input.take<uint16_t>() % bytes.size();
    const auto taken = input.take_bytes(input.take<uint8_t>() % 16);
    std::copy_n(taken.begin(), std::min(taken.size(), bytes.size() - at),
                bytes.begin() + static_cast<ptrdiff_t>(at));
}

void Machine::answer(const virtio::Chain& chain) {
    queue_.complete(chain, request_);
    static_cast<void>(queue_.take_interrupt());
}

/// The answer comes now, or later, in any order.
void Machine::pop(FuzzInput& input) {
    const auto how = input.take<uint8_t>();
    static_cast<void>(queue_.wants_interrupts());
    static_cast<void>(queue_.looks_unshared());
    virtio::Chain chain;
    const auto kicks =
        how % 8 == 7 ? virtio::Virtqueue::Kicks::kSpare : virtio::Virtqueue::Kicks::kWanted;
    const auto popped = queue_.pop(chain, kicks);
    if (popped == virtio::Virtqueue::Pop::kError) {
        static_cast<void>(virtio::to_string(queue_.error()));
    }
    if (popped == virtio::Virtqueue::Pop::kChain) {
        check_chain(chain);
        request_.resize(std::min<uint64_t>(chain.readable_bytes, 4096));
        static_cast<void>(queue_.read(chain, how >= 192 ? how : 0, request_));
        if (how % 4 == 3 && unanswered_.size() < 64) {
            chain.keep_for_answer(how);
            static_cast<void>(chain.heap_bytes());
            unanswered_.push_back(std::move(chain));
        } else {
            answer(chain);
        }
    } else if (!unanswered_.empty() && how % 4 == 2) {
        answer(unanswered_.back());
        unanswered_.pop_back();
    }
    static_cast<void>(queue_.held());
}

void Machine::step(FuzzInput& input) {
    switch (input.take<uint8_t>() % 12) {
        case 0:
            driver_->publish(static_cast<uint16_t>(input.take<uint8_t>() % 40));
            break;
        case 1:
            driver_->set_available_index(input.take<uint16_t>());
            break;
        case 2: {
            // An indirect table, where descriptor addresses often point.
            const uint64_t at = input.take<uint16_t>();
            ram_.store(at & ~uint64_t{15}, take_descriptor(input));
            break;
        }
        case 3:
        case 4:
            driver_->write_descriptor(static_cast<uint16_t>(input.take<uint8_t>() % kQueueSize),
                                      take_descriptor(input));
            break;
        case 5:
            start_anew(input);
            break;
        case 6:
            damage_record(input);
            break;
        case 7: {
            // A request as drivers make them.
            const DriverQueue::Buffer out{input.take<uint16_t>(), input.take<uint8_t>()};
            const DriverQueue::Buffer in{input.take<uint16_t>(), input.take<uint8_t>()};
            driver_->write_descriptor(0, {out.address, out.length, DriverQueue::kNext, 1});
            driver_->write_descriptor(1, {in.address, in.length, DriverQueue::kWrite, 0});
            driver_->publish(0);
            break;
        }
        case 8:
            plug();
            break;
        default:
            pop(input);
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    Machine machine{input};
    while (!input.empty()) {
        const Turn turn;
        machine.step(input);
    }
}
