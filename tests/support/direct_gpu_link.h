// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "core/event_loop.h"
#include "core/mapping.h"
#include "guest/guest_memory.h"
#include "support/gpu_link.h"
#include "virtio/device.h"

namespace oriel::test {

/// A virtio device, its driver's rings and the guest's memory in one process, with function calls
/// for a transport. Also lets a test do what no driver does.
class DirectGpuLink final : public GpuLink, private virtio::Transport {
public:
    static constexpr uint64_t kRamBase = 0x10'0000;
    static constexpr uint64_t kRamSize = uint64_t{1} << 30;  // sparse

    /// `loop` is lent and must outlive the link.
    explicit DirectGpuLink(EventLoop& loop);
    ~DirectGpuLink() override;

    [[nodiscard]] guest::GuestMemory& memory() { return memory_; }
    /// Connects the device (lent; must outlive the last call), takes all its features and starts
    /// both queues.
    void start(virtio::Device& device);
    /// As after a device reset by the driver: device and rings start over.
    void restart();
    /// Resets and starts one queue (VIRTIO_F_RING_RESET).
    void restart_queue(uint16_t queue);

    /// Of the requests from now on: the readable part in descriptors of this many bytes.
    void split_requests(uint32_t bytes) { piece_ = bytes; }
    /// Requests are queued without a kick while false.
    void set_kicking(bool kicking) { kicking_ = kicking; }
    void kick(uint16_t queue) { device_->kicked(queue); }
    /// Puts a descriptor index into the available ring that a driver would not.
    void offer_head(uint16_t queue, uint16_t head);
    /// Where a request that is not answered yet lies in guest memory: its descriptors, the room for
    /// its answer, and at the end the request itself. Empty if it is answered.
    [[nodiscard]] std::span<std::byte> memory_of(Token token);

    [[nodiscard]] uint32_t interrupts(uint16_t queue) const { return interrupts_[queue]; }
    [[nodiscard]] uint32_t config_interrupts() const { return config_interrupts_; }
    [[nodiscard]] bool needs_reset() const { return needs_reset_; }
    /// How often a device said that a ring is broken, since the start.
    [[nodiscard]] uint32_t ring_errors() const { return ring_errors_; }

    // GpuLink
    [[nodiscard]] uint64_t allocate(uint64_t bytes) override;
    [[nodiscard]] std::span<std::byte> bytes(uint64_t address, uint64_t length) override;
    [[nodiscard]] Token submit(uint16_t queue, std::span<const std::byte> request,
                               uint32_t response_bytes) override;
    [[nodiscard]] std::optional<std::vector<std::byte>> poll(Token token) override;
    [[nodiscard]] bool answered(Token token) override;
    bool pump() override;
    void read_config(uint32_t offset, std::span<std::byte> bytes) override;
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override;

private:
    struct Request {
        Token token = 0;
        uint64_t response = 0;  // address
        uint64_t memory = 0;    // address of all of it, and how many bytes that is
        uint64_t bytes = 0;
    };
    /// The driver's side of a queue. Each request has an indirect table, so a slot is one
    /// descriptor.
    struct Ring {
        explicit Ring(const guest::GuestMemory& memory) : queue{memory} {}
        virtio::Virtqueue queue;
        std::vector<uint16_t> free;
        std::map<uint16_t, Request> pending;
        uint16_t available = 0;
        uint16_t used = 0;
    };

    // virtio::Transport
    [[nodiscard]] virtio::Virtqueue& queue(uint16_t index) override;
    [[nodiscard]] bool served(uint16_t index) const override {
        return rings_[index].queue.running() && !needs_reset_;
    }
    void signal_used(uint16_t index) override;
    void continue_later(uint16_t index) override;
    void look_now(uint16_t index) override;
    void config_changed() override { ++config_interrupts_; }
    void needs_reset(virtio::RingError) override {
        needs_reset_ = true;
        ++ring_errors_;
    }

    void start_queue(uint16_t index);
    [[nodiscard]] uint64_t slot_memory(uint16_t queue, uint16_t slot, uint64_t bytes);
    void collect(uint16_t queue);
    template <class T>
    void store(uint64_t address, const T& value);
    template <class T>
    [[nodiscard]] T load(uint64_t address);

    EventLoop& loop_;
    Mapping ram_;
    guest::GuestMemory memory_;
    virtio::Device* device_ = nullptr;
    std::array<Ring, 2> rings_;
    std::map<Token, std::vector<std::byte>> answers_;
    std::map<std::pair<uint16_t, uint16_t>, std::pair<uint64_t, uint64_t>> slots_;
    uint64_t next_free_ = kRamBase;
    Token last_token_ = 0;
    uint32_t piece_ = UINT32_MAX;
    bool kicking_ = true;
    std::array<uint32_t, 2> interrupts_{};
    uint32_t config_interrupts_ = 0;
    bool needs_reset_ = false;
    uint32_t ring_errors_ = 0;
    std::array<bool, 2> continued_{};
    DeferredCall continuation_;
};

}  // namespace oriel::test
