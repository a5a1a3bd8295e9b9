// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "guest/guest_memory.h"
#include "virtio/device.h"
#include "virtio/virtqueue.h"

namespace oriel::virtio {

/// Device status bits (virtio 1.2, 2.1).
constexpr uint8_t kStatusAcknowledge = 1;
constexpr uint8_t kStatusDriver = 2;
constexpr uint8_t kStatusDriverOk = 4;
constexpr uint8_t kStatusFeaturesOk = 8;
constexpr uint8_t kStatusNeedsReset = 64;
constexpr uint8_t kStatusFailed = 128;

/// ISR status bits (4.1.4.5).
constexpr uint8_t kIsrQueue = 1;
constexpr uint8_t kIsrConfig = 2;

/// A virtqueue or the configuration without an MSI-X vector (4.1.5.1.3).
constexpr uint16_t kNoVector = 0xffff;

/// Fields of the common configuration structure (4.1.4.3), by offset.
namespace common {
constexpr uint32_t kDeviceFeatureSelect = 0x00;
constexpr uint32_t kDeviceFeature = 0x04;
constexpr uint32_t kDriverFeatureSelect = 0x08;
constexpr uint32_t kDriverFeature = 0x0c;
constexpr uint32_t kConfigVector = 0x10;
constexpr uint32_t kNumQueues = 0x12;
constexpr uint32_t kDeviceStatus = 0x14;
constexpr uint32_t kConfigGeneration = 0x15;
constexpr uint32_t kQueueSelect = 0x16;
constexpr uint32_t kQueueSize = 0x18;
constexpr uint32_t kQueueVector = 0x1a;
constexpr uint32_t kQueueEnable = 0x1c;
constexpr uint32_t kQueueNotifyOff = 0x1e;
constexpr uint32_t kQueueDesc = 0x20;
constexpr uint32_t kQueueDriver = 0x28;
constexpr uint32_t kQueueDevice = 0x30;
constexpr uint32_t kQueueNotifData = 0x38;
constexpr uint32_t kQueueReset = 0x3a;
constexpr uint32_t kSize = 0x3c;
}  // namespace common

/// Bytes between the notification addresses of two queues.
constexpr uint32_t kNotifyMultiplier = 4;

/// The four structures that a modern virtio PCI device has in a BAR (4.1.4).
enum class Block : uint8_t { kCommon, kIsr, kDevice, kNotify };

/// The registers of a modern virtio PCI device (virtio 1.2, 4.1.4) over a Device. Where in which
/// BAR they are, and what an interrupt vector is, is the PCI function's business.
///
/// A notification only takes note: the device is called from the event loop's deferred calls, so
/// that the VMM's write is answered first. Interrupts of one turn of the loop are merged.
class PciRegisters final : public Transport {
public:
    using RaiseVector = std::function<void(uint16_t vector)>;

    /// All lent, must outlive this; connects the device. `vectors` is the number of MSI-X vectors:
    /// a driver can't choose one beyond.
    PciRegisters(EventLoop& loop, const guest::GuestMemory& memory, Device& device,
                 uint16_t vectors, RaiseVector raise);
    ~PciRegisters() override;

    /// Any width inside the block; fields are read and written whole or in part.
    void read(Block block, uint32_t offset, std::span<std::byte> bytes);
    void write(Block block, uint32_t offset, std::span<const std::byte> bytes);

    /// As if the driver wrote 0 to the status.
    void reset();
    /// The VMM is gone: what was said about its memory may be said again about the next one's.
    void detached() { memory_problem_told_ = false; }

    [[nodiscard]] uint8_t status() const { return status_; }
    [[nodiscard]] uint8_t config_generation() const { return generation_; }
    /// Kicks that reached the device, interrupts raised, and rings found broken since the start.
    struct Counters {
        uint64_t kicks = 0;
        uint64_t interrupts = 0;
        uint64_t ring_errors = 0;
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }

    [[nodiscard]] Virtqueue& queue(uint16_t index) override;
    void signal_used(uint16_t index) override;
    void config_changed() override;
    void needs_reset(RingError why) override;
    [[nodiscard]] uint64_t negotiated() const override;

private:
    struct Queue {
        explicit Queue(const guest::GuestMemory& memory) : ring{memory} {}
        Virtqueue ring;
        uint16_t size = 0;
        uint16_t vector = kNoVector;
        bool enabled = false;
        bool kicked = false;
        bool used = false;  // signal_used() since the last interrupt
        uint64_t desc = 0;
        uint64_t driver = 0;
        uint64_t device = 0;
    };
    using CommonImage = std::array<std::byte, common::kSize>;

    [[nodiscard]] CommonImage common_image() const;
    void write_common(uint32_t offset, std::span<const std::byte> bytes);
    void write_field(uint32_t field, uint64_t value);
    void write_queue_field(Queue& queue, uint32_t field, uint64_t value);
    void write_status(uint8_t value);
    void enable_queue(Queue& queue);
    void reset_queue(Queue& queue);
    void notify(uint32_t index);
    [[nodiscard]] bool processing() const;
    [[nodiscard]] uint64_t offered() const;
    [[nodiscard]] Queue* selected();
    [[nodiscard]] const Queue* selected() const;

    void schedule();
    void run_scheduled();
    void flush_interrupts();
    void raise_config();
    void tell_memory_problem(const Queue& queue);

    EventLoop& loop_;
    const guest::GuestMemory& memory_;
    Device& device_;
    const uint16_t vectors_;
    const RaiseVector raise_;
    std::vector<std::unique_ptr<Queue>> queues_;  // stable addresses: devices keep references

    uint32_t device_feature_select_ = 0;
    uint32_t driver_feature_select_ = 0;
    uint64_t driver_features_ = 0;
    uint16_t config_vector_ = kNoVector;
    uint16_t queue_select_ = 0;
    uint8_t status_ = 0;
    uint8_t generation_ = 0;
    uint8_t isr_ = 0;

    bool scheduled_ = false;
    bool config_pending_ = false;
    bool memory_problem_told_ = false;
    Counters counters_;
    LogLimiter log_limiter_;
    // Deferred calls hold it weakly: they may outlive this object.
    std::shared_ptr<PciRegisters*> self_;
};

}  // namespace oriel::virtio
