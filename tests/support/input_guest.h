// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/byte_reader.h"
#include "guest/guest_memory.h"
#include "input/protocol.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "virtio/device.h"

namespace oriel::test {

/// A virtio-input driver in the same process as the device, with function calls for a transport.
/// It offers room and reads events only when told.
class InputGuest final : public virtio::Transport {
public:
    using Event = input::wire::Event;

    /// `device` is lent and must outlive the guest.
    explicit InputGuest(virtio::Device& device, bool event_index = false)
        : device_{device}, event_index_{event_index} {
        if (!memory_.map(0, ram_.size(), UniqueFd{::fcntl(ram_.fd(), F_DUPFD_CLOEXEC, 0)}, 0,
                         true)) {
            throw std::runtime_error{"GuestMemory refuses the test's memory"};
        }
        device_.connect(*this);
    }

    /// From reset to a driver that has offered `room` events.
    void start(uint16_t room = 64, uint16_t size = 64) {
        reset();
        for (uint16_t i = 0; i < 2; ++i) {
            start_queue(i, size);
        }
        device_.kicked(0);
        offer(room);
    }
    void start_queue(uint16_t index, uint16_t size = 64) {
        Ring& ring = rings_[index];
        ring.driver.emplace(ram_, DriverQueue::Options{.size = size, .event_index = event_index_});
        ring.buffers.clear();
        const virtio::Virtqueue::Layout layout{.size = size,
                                               .descriptors = ring.driver->descriptors(),
                                               .driver = ring.driver->available_ring(),
                                               .device = ring.driver->used_ring(),
                                               .event_index = event_index_,
                                               .indirect = true};
        if (ring.queue.start(layout) != virtio::RingError::kNone) {
            throw std::runtime_error{"the queue doesn't start"};
        }
    }
    void reset() {
        for (Ring& ring : rings_) {
            ring.queue.stop();
        }
        needs_reset_ = gone_ = false;
        device_.reset();
    }
    /// As a driver does that sleeps: the rings are somebody else's memory now.
    void let_go() {
        gone_ = true;
        for (uint16_t i = 0; i < 2; ++i) {
            rings_[i].queue.stop();
            device_.queue_reset(i);
        }
    }
    /// VIRTIO_F_RING_RESET and the queue anew, empty.
    void restart_queue(uint16_t index) {
        rings_[index].queue.stop();
        device_.queue_reset(index);
        start_queue(index);
    }

    /// Offers room for so many events, and kicks if the device wants that.
    void offer(uint16_t count, uint32_t bytes = sizeof(Event)) {
        Ring& ring = rings_[0];
        for (uint16_t i = 0; i < count; ++i) {
            const uint64_t address = ram_.allocate(bytes);
            const DriverQueue::Buffer buffer{address, bytes};
            ring.buffers[ring.driver->add({}, std::span{&buffer, 1}, DriverQueue::Table::kDirect)] =
                address;
        }
        if (ring.driver->kick_wanted()) {
            ++kicks_;
            device_.kicked(0);
        }
    }
    /// What came since the last call; the room is offered again if `again`.
    std::vector<Event> take(bool again = true) {
        Ring& ring = rings_[0];
        std::vector<Event> events;
        while (const auto used = ring.driver->take_used()) {
            const uint64_t address = ring.buffers.at(static_cast<uint16_t>(used->head));
            events.push_back(used->length == sizeof(Event) ? ram_.load<Event>(address)
                                                           : Event{0xffff, 0, 0});
        }
        if (again && !events.empty()) {
            offer(static_cast<uint16_t>(events.size()));
        }
        return events;
    }
    /// Sends bytes (an event) on the status queue, with a kick.
    void send_status(std::span<const std::byte> bytes) {
        put_status(bytes);
        device_.kicked(1);
    }
    void put_status(std::span<const std::byte> bytes) {
        const DriverQueue::Buffer buffer{ram_.put(bytes), static_cast<uint32_t>(bytes.size())};
        rings_[1].driver->add(std::span{&buffer, 1}, {}, DriverQueue::Table::kDirect);
    }
    [[nodiscard]] size_t take_status_answers() {
        size_t count = 0;
        while (rings_[1].driver->take_used()) {
            ++count;
        }
        return count;
    }

    /// The answer to a question (5.8.4), as long as the device says.
    std::vector<std::byte> config(input::wire::Select select, uint8_t subsel = 0) {
        const auto number = static_cast<uint8_t>(select);
        device_.write_config(0, bytes_of(number));
        device_.write_config(1, bytes_of(subsel));
        input::wire::Config config;
        device_.read_config(0, std::as_writable_bytes(std::span{&config, 1}));
        return {config.payload.begin(), config.payload.begin() + config.size};
    }

    /// What the device put off until the loop's next turn. Whether there was anything.
    bool turn() {
        bool any = false;
        for (uint16_t i = 0; i < 2; ++i) {
            if (std::exchange(continued_[i], false)) {
                device_.kicked(i);
                any = true;
            }
        }
        return any;
    }

    [[nodiscard]] DriverQueue& driver(uint16_t index) { return *rings_[index].driver; }
    [[nodiscard]] GuestRam& ram() { return ram_; }
    [[nodiscard]] int kicks() const { return kicks_; }
    [[nodiscard]] int interrupts() const { return interrupts_; }
    [[nodiscard]] bool broken() const { return needs_reset_; }

    // virtio::Transport
    [[nodiscard]] virtio::Virtqueue& queue(uint16_t index) override { return rings_[index].queue; }
    [[nodiscard]] bool served(uint16_t index) const override {
        return rings_[index].queue.running() && !needs_reset_ && !gone_;
    }
    void signal_used(uint16_t index) override {
        interrupts_ += rings_[index].queue.take_interrupt() ? 1 : 0;
    }
    void continue_later(uint16_t index) override { continued_[index] = true; }
    void look_now(uint16_t index) override { device_.kicked(index); }
    void config_changed() override {}
    void needs_reset(virtio::RingError) override { needs_reset_ = true; }

private:
    struct Ring {
        explicit Ring(const guest::GuestMemory& memory) : queue{memory} {}
        virtio::Virtqueue queue;
        std::optional<DriverQueue> driver;
        std::map<uint16_t, uint64_t> buffers;  // by head
    };

    virtio::Device& device_;
    bool event_index_;
    GuestRam ram_{size_t{4} << 20};
    guest::GuestMemory memory_;
    std::array<Ring, 2> rings_{Ring{memory_}, Ring{memory_}};
    std::array<bool, 2> continued_{};
    int kicks_ = 0;
    int interrupts_ = 0;
    bool needs_reset_ = false;
    bool gone_ = false;
};

}  // namespace oriel::test
