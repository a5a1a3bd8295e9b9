// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backend_channel.h"
#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "guest/guest_memory.h"
#include "in_flight_memory.h"
#include "memory_table.h"
#include "vhost_user/protocol.h"
#include "vhost_user/stats.h"
#include "virtio/device.h"
#include "virtio/queue_set.h"

namespace oriel::vhost_user {

/// The rings of a device as a vhost-user front end sets them up: a queue set behind messages and
/// eventfds.
///
/// A ring runs while it has a size, addresses, a way to be kicked, and is enabled. Where one of
/// these goes, what the device holds is answered, and the ring goes on later where it has stopped.
///
/// Front ends that have no RESET_DEVICE (QEMU before 11) say nothing when a guest reboots: a ring
/// that begins at 0 although it had stopped elsewhere is another driver's, so the device is reset
/// before. Until then the screens show what they did.
class Vrings final : private virtio::DriverNotifier {
public:
    /// All lent, must outlive this; connects the device.
    Vrings(EventLoop& loop, const guest::GuestMemory& memory, virtio::Device& device,
           const MemoryTable& table, Stats& stats);

    [[nodiscard]] uint16_t count() const { return set_.count(); }
    [[nodiscard]] uint64_t offered_features() const;
    void set_features(uint64_t features);

    // What messages ask for: 0, or the errno of the refusal. An index may be any.

    [[nodiscard]] int set_size(const VringState& state);
    [[nodiscard]] int set_base(const VringState& state);
    [[nodiscard]] int set_addresses(const VringAddresses& addresses);
    /// `eventfd` empty: the front end doesn't kick, the ring is looked at by a timer.
    [[nodiscard]] int set_kick(uint32_t index, UniqueFd eventfd);
    /// Empty: the driver looks by itself.
    [[nodiscard]] int set_call(uint32_t index, UniqueFd eventfd);
    [[nodiscard]] int set_error(uint32_t index, UniqueFd eventfd);
    [[nodiscard]] int enable(const VringState& state);
    /// Where requests in flight are kept from now on, and what is there is carried out again when
    /// the rings start.
    [[nodiscard]] int set_in_flight(const InFlightArea& area, const UniqueFd& file);
    /// The driver's status. 0 is its reset, unless no ring runs: QEMU writes it whenever it has
    /// stopped the rings, also for a pause.
    [[nodiscard]] int set_status(uint64_t status);
    [[nodiscard]] uint8_t status() const;
    /// GET_VRING_BASE: stops the ring. Its index; nothing if there is no such ring.
    [[nodiscard]] std::optional<uint16_t> stop(uint32_t index);

    /// RESET_DEVICE. May come several times.
    void reset();
    /// The front end is gone.
    void power_off();

    [[nodiscard]] BackendChannel& channel() { return channel_; }
    /// vhost-user-gpu's front end has no use for changes of the configuration: QEMU's says so in a
    /// line each time.
    void mute_config_changes() { config_muted_ = true; }

    [[nodiscard]] const virtio::QueueSet::Counters& counters() const { return set_.counters(); }

private:
    struct Ring {
        uint16_t size = 0;
        uint16_t base = 0;
        /// Where it stopped last, so that a driver that begins anew is known.
        uint16_t stopped_at = 0;
        std::optional<VringAddresses> addresses;
        bool kicked_at_all = false;  ///< SET_VRING_KICK came
        bool enabled = false;
        bool started = false;
        UniqueFd kick;
        UniqueFd call;
        UniqueFd error;
        FdWatch kick_watch;  // below what it watches: gone before it
        bool call_due = false;
    };

    [[nodiscard]] Ring* ring(uint32_t index);
    [[nodiscard]] bool any_started() const;
    [[nodiscard]] bool needs_enable() const { return (features_ & kFeatureProtocolFeatures) != 0; }
    void update(uint16_t index);
    void start(uint16_t index);
    void start_at(uint16_t index, const virtio::Virtqueue::Layout& layout);
    void pause(uint16_t index);
    [[nodiscard]] std::optional<virtio::Virtqueue::Layout> layout(const Ring& ring) const;
    void kicked(uint16_t index);
    void poll();
    void reset_device();

    // DriverNotifier
    bool notify_queue(uint16_t index) override;
    bool notify_config() override;

    EventLoop& loop_;
    virtio::Device& device_;
    const MemoryTable& table_;
    Stats& stats_;
    uint64_t features_ = 0;
    uint8_t status_ = 0;
    bool config_muted_ = false;
    /// Above the rings, which write to it.
    InFlightMemory in_flight_;
    BackendChannel channel_;
    std::vector<Ring> rings_;
    Timer poll_;
    virtio::QueueSet set_;
};

}  // namespace oriel::vhost_user
