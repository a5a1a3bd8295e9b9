// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "guest/guest_memory.h"
#include "virtio/device.h"
#include "virtio/queue_set.h"

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

/// How the PCI function interrupts.
class VectorRaiser {
public:
    VectorRaiser() = default;
    VectorRaiser(const VectorRaiser&) = delete;
    VectorRaiser& operator=(const VectorRaiser&) = delete;

    /// An MSI-X vector.
    virtual void raise(uint16_t vector) = 0;
    /// Whether the ISR status says something that has no vector: the line's level. Returns whether
    /// the driver hears of it.
    virtual bool set_line(bool due) = 0;
    /// Since the reset there was a way for interrupts: MSI-X was enabled, or there is a line.
    [[nodiscard]] virtual bool can_interrupt() const = 0;

protected:
    ~VectorRaiser() = default;
};

/// The registers of a modern virtio PCI device (virtio 1.2, 4.1.4): a queue set as a PCI driver
/// sees it. Where in which BAR they are, and what an interrupt vector is, is the PCI function's
/// business.
class PciRegisters final : private DriverNotifier {
public:
    /// All lent, must outlive this; connects the device. `vectors` is the number of MSI-X vectors:
    /// a driver can't choose one beyond.
    PciRegisters(EventLoop& loop, const guest::GuestMemory& memory, Device& device,
                 uint16_t vectors, VectorRaiser& raiser);

    /// Any width inside the block; fields are read and written whole or in part.
    void read(Block block, uint32_t offset, std::span<std::byte> bytes);
    void write(Block block, uint32_t offset, std::span<const std::byte> bytes);

    /// As if the driver wrote 0 to the status.
    void reset();
    /// The driver takes the device's access to memory away: it has let go of its rings. As QEMU's
    /// devices do it, DRIVER_OK is taken back; the picture and what users are told stay.
    void let_go();
    /// The VMM is gone.
    void detached();

    /// From now on what the driver has set, and the device's state, are in `record` (lent; null: no
    /// longer).
    void keep(StateRecord* record);
    /// As a record says that an earlier process has left them, before keep(). False where it does
    /// not say it, or says what can't be: then nothing has changed.
    [[nodiscard]] bool resume(const StateRecord& record);

    [[nodiscard]] uint8_t status() const;
    /// The features that the driver accepted; 0 before FEATURES_OK.
    [[nodiscard]] uint64_t negotiated() const;
    using Counters = QueueSet::Counters;
    [[nodiscard]] const Counters& counters() const { return set_.counters(); }

private:
    /// What the driver has written of a queue.
    struct Queue {
        uint16_t size = 0;
        uint16_t vector = kNoVector;
        bool enabled = false;
        uint64_t desc = 0;
        uint64_t driver = 0;
        uint64_t device = 0;
    };
    using CommonImage = std::array<std::byte, common::kSize>;

    [[nodiscard]] CommonImage common_image() const;
    struct KeptRegisters;
    void save();
    [[nodiscard]] Virtqueue::Layout layout(const Queue& queue) const;
    void write_common(uint32_t offset, std::span<const std::byte> bytes);
    void write_field(uint32_t field, uint64_t value);
    void write_queue_field(Queue& queue, uint32_t field, uint64_t value);
    void write_status(uint8_t value);
    void notified(uint32_t index);
    void tell_failed();
    void enable_queue(Queue& queue);
    void reset_queue(Queue& queue);
    [[nodiscard]] Queue blank_queue(uint16_t index) const;
    [[nodiscard]] uint16_t valid_vector(uint64_t value) const;
    [[nodiscard]] uint64_t offered() const;
    [[nodiscard]] Queue* selected();
    [[nodiscard]] const Queue* selected() const;

    // DriverNotifier
    bool notify_queue(uint16_t index) override;
    bool notify_config() override;
    bool raise(uint16_t vector);

    const Clock& clock_;
    Device& device_;
    const uint16_t vectors_;
    VectorRaiser& raiser_;
    std::vector<Queue> queues_;

    uint32_t device_feature_select_ = 0;
    uint32_t driver_feature_select_ = 0;
    uint64_t driver_features_ = 0;
    uint16_t config_vector_ = kNoVector;
    uint16_t queue_select_ = 0;
    /// Without NEEDS_RESET, which is the queue set's.
    uint8_t status_ = 0;
    uint8_t isr_ = 0;
    /// let_go() since the reset.
    bool let_go_ = false;
    /// Since the VMM is there: a driver has said that it knows this device, and whether the log has
    /// said that none did.
    bool driver_seen_ = false;
    bool no_driver_told_ = false;
    LogLimiter log_limiter_;
    StateRecord* record_ = nullptr;  // lent by keep()
    QueueSet set_;
};

}  // namespace oriel::virtio
