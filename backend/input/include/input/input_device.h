// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/event_loop.h"
#include "input/description.h"
#include "input/event_target.h"
#include "input/protocol.h"
#include "scanout/latency.h"
#include "virtio/device.h"

namespace oriel::input {

class FrameBacklog;

/// Counted since the start.
struct DeviceStats {
    uint64_t events = 0;       ///< in the guest's ring, SYN_REPORT included
    uint64_t dropped = 0;      ///< came without a driver, or when its backlog was full
    uint64_t merged = 0;       ///< motion that went out together with a later one
    uint64_t bad_buffers = 0;  ///< of the driver's: an event doesn't fit, or a status isn't one
    /// From the first call for a frame to the frame in the used ring.
    LatencyHistogram latency;
};

/// A virtio-input device (virtio 1.2, 5.8).
///
/// A guest that doesn't read its events holds up nobody: frames wait in a bounded backlog, where
/// motion is merged; when that is full, whole frames are dropped, and when the guest reads again it
/// is told in what the state differs: no key stays down that was released meanwhile. A reset
/// releases all.
///
/// It is ready by use. Firmware has a keyboard driver that takes any virtio-input device for a
/// keyboard (OVMF's): it polls and never asks what the device has. A pointer isn't driven by that.
class InputDevice final : public virtio::Device, public EventTarget {
public:
    /// Events that wait for a driver to offer room.
    static constexpr size_t kMaxBacklog = 1024;
    /// A driver that has left an event waiting for so long is taken for one that hangs.
    static constexpr Nanoseconds kTakesNothing{5'000'000'000};

    /// The loop's clock is lent and must outlive the device.
    InputDevice(EventLoop& loop, Kind kind);
    ~InputDevice() override;

    [[nodiscard]] const Description& description() const { return description_; }
    [[nodiscard]] DeviceStats stats() const;
    /// LEDs that the guest has switched on: bit LED_* of linux/input-event-codes.h.
    [[nodiscard]] uint32_t leds() const { return leds_; }
    /// Events in the backlog.
    [[nodiscard]] size_t waiting() const;

    // EventTarget
    [[nodiscard]] bool ready() const override;
    [[nodiscard]] Hearing hearing() const override;
    [[nodiscard]] uint64_t life() const override { return life_; }
    void event(const Event& event) override;
    void sync(TimePoint since) override;

    // virtio::Device
    [[nodiscard]] uint16_t device_id() const override { return wire::kDeviceId; }
    [[nodiscard]] uint64_t features() const override { return 0; }
    [[nodiscard]] uint16_t queue_count() const override { return wire::kQueueCount; }
    [[nodiscard]] uint16_t queue_size_max(uint16_t) const override { return wire::kQueueSize; }
    [[nodiscard]] bool stateless() const override { return true; }
    void read_config(uint32_t offset, std::span<std::byte> bytes) override;
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override;
    void kicked(uint16_t index) override;
    void queue_reset(uint16_t index) override;
    void reset() override;

private:
    [[nodiscard]] wire::Config config() const;
    void events_kicked();
    void status_kicked();
    void deliver();
    [[nodiscard]] bool deliver_frame();
    [[nodiscard]] bool gather(size_t wanted);
    void broken(uint16_t index);
    void take_status(const virtio::Chain& chain);

    const Clock& clock_;
    const Description description_;
    DeviceStats stats_;
    uint32_t leds_ = 0;
    uint8_t select_ = 0;
    uint8_t subsel_ = 0;
    /// The driver is there. Not while its ring is broken.
    bool started_ = false;
    /// Since the reset: the driver has asked which events there are, or it wants interrupts.
    bool asked_ = false;
    bool interrupted_ = false;
    /// Counts resets.
    uint64_t life_ = 0;
    const std::unique_ptr<FrameBacklog> backlog_;
    /// Room that the driver has offered and that isn't used yet.
    std::vector<virtio::Chain> room_;
    virtio::Chain status_chain_;
    /// Buffers of the event queue that may still be taken in this turn of the loop.
    size_t takes_left_ = 0;
    /// When the event queue's share of this turn is used up.
    TimePoint until_{};
    bool wrote_ = false;
    uint64_t refused_ = 0;
};

}  // namespace oriel::input
