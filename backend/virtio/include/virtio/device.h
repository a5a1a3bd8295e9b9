// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/clock.h"
#include "core/state_record.h"
#include "virtio/virtqueue.h"

namespace oriel::virtio {

/// How long a queue is served in one turn of the loop: a guest that fills it as fast as it is
/// emptied must not keep the loop from everything else. See Transport::continue_later().
constexpr Nanoseconds kMaxTurn{2'000'000};

/// Feature bits of every device (virtio 1.2, 6).
constexpr uint64_t kFeatureRingIndirectDesc = uint64_t{1} << 28;
constexpr uint64_t kFeatureRingEventIdx = uint64_t{1} << 29;
constexpr uint64_t kFeatureVersion1 = uint64_t{1} << 32;
/// The device uses the addresses that the driver's DMA interface gives, which a vIOMMU may have
/// translated.
constexpr uint64_t kFeatureAccessPlatform = uint64_t{1} << 33;
constexpr uint64_t kFeatureRingReset = uint64_t{1} << 40;

/// What a device may ask of whatever carries it (a QueueSet, a test double elsewhere).
class Transport {
public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    /// Queue `index`, running or not. Index is below Device::queue_count().
    [[nodiscard]] virtual Virtqueue& queue(uint16_t index) = 0;
    /// Queue `index` runs and its driver is to be served: it has not let go of the device.
    [[nodiscard]] virtual bool served(uint16_t index) const = 0;
    /// Completed requests are in the queue's used ring: interrupts if the driver wants that.
    virtual void signal_used(uint16_t index) = 0;
    /// Device::kicked() has done enough for one turn of the loop but has not seen the end of the
    /// queue: it is called again in the next turn, after all file descriptors have been looked at.
    /// Asked again before that, it is still one call.
    virtual void continue_later(uint16_t index) = 0;
    /// Something else than a kick is a reason to look at the queue: calls Device::kicked() now,
    /// unless the queue doesn't run or the driver is not to be served.
    virtual void look_now(uint16_t index) = 0;
    /// The configuration space has changed: new generation, configuration interrupt.
    virtual void config_changed() = 0;
    /// The driver broke the ring: sets DEVICE_NEEDS_RESET, and nothing is processed until the
    /// reset.
    virtual void needs_reset(RingError why) = 0;
};

/// A virtio device without its transport: gpu, input.
class Device {
public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    virtual ~Device() = default;

    /// virtio 1.2, 5: 16 is a GPU.
    [[nodiscard]] virtual uint16_t device_id() const = 0;
    /// Features of the device's own; the transport adds those of the rings.
    [[nodiscard]] virtual uint64_t features() const = 0;
    [[nodiscard]] virtual uint16_t queue_count() const = 0;
    [[nodiscard]] virtual uint16_t queue_size_max(uint16_t index) const = 0;

    /// All that a driver has made of the device is in its rings: another one can go on in its
    /// place.
    [[nodiscard]] virtual bool stateless() const { return false; }

    /// Device configuration, `offset` and length as the driver accesses it. Bytes beyond the end
    /// read as zero, writes there are dropped.
    virtual void read_config(uint32_t offset, std::span<std::byte> bytes) = 0;
    virtual void write_config(uint32_t offset, std::span<const std::byte> bytes) = 0;

    /// The transport is lent: it is set once, before anything else is called, and outlives the
    /// device's last call.
    virtual void connect(Transport& transport) { transport_ = &transport; }

    /// The driver kicked queue `index`, which runs. Pop everything, answer now or later. What
    /// would take long is cut: see Transport::continue_later().
    virtual void kicked(uint16_t index) = 0;
    /// Queue `index` is about to stop, and goes on later where it has stopped (the VMM pauses the
    /// machine): what can be answered is answered now. queue_reset() comes next.
    virtual void queue_stopping(uint16_t /*index*/) {}
    /// Queue `index` alone was reset by the driver (VIRTIO_F_RING_RESET): forget its requests.
    virtual void queue_reset(uint16_t index) = 0;
    /// The driver or the machine reset the device: back to the state after power-on.
    virtual void reset() = 0;

    /// From now on what another process would need to go on as this device is in `record`, which is
    /// lent; null: no longer. A device whose driver would not notice keeps nothing.
    virtual void keep(StateRecord* /*record*/) {}
    /// As a record says that an earlier process has left it, before keep(), with the guest's memory
    /// there. What the record has that can't be is left out.
    virtual void resume(const StateRecord& /*record*/) {}

protected:
    [[nodiscard]] Transport& transport() const { return *transport_; }

private:
    Transport* transport_ = nullptr;
};

}  // namespace oriel::virtio
