// SPDX-License-Identifier: MIT
#include "vrings.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "net/eventfd.h"

namespace oriel::vhost_user {
namespace {

/// How often a ring is looked at whose front end doesn't kick.
constexpr Nanoseconds kPollEvery{10'000'000};

}  // namespace

Vrings::Vrings(EventLoop& loop, const guest::GuestMemory& memory, virtio::Device& device,
               const MemoryTable& table, Stats& stats)
    : loop_{loop},
      device_{device},
      table_{table},
      stats_{stats},
      rings_(device.queue_count()),
      poll_{loop, [this] { poll(); }},
      set_{loop, memory, device, *this} {}

uint64_t Vrings::offered_features() const {
    return device_.features() | virtio::kFeatureVersion1 | virtio::kFeatureRingIndirectDesc |
           virtio::kFeatureRingEventIdx | kFeatureProtocolFeatures |
           (device_.stateless() ? kFeatureLogAll : 0);
}

/// QEMU's device passes on what it offers by itself, whatever was offered here: bits that are
/// unknown are no reason to refuse a driver.
void Vrings::set_features(uint64_t features) {
    features_ = features;
    for (uint16_t i = 0; i < count(); ++i) {
        update(i);
    }
}

Vrings::Ring* Vrings::ring(uint32_t index) {
    return index < rings_.size() ? &rings_[index] : nullptr;
}

bool Vrings::any_started() const {
    return std::any_of(rings_.begin(), rings_.end(), [](const Ring& ring) { return ring.started; });
}

int Vrings::set_size(const VringState& state) {
    Ring* const ring = this->ring(state.index);
    if (ring == nullptr || !std::has_single_bit(state.number) || state.number > kMaxRingSize) {
        return EINVAL;
    }
    if (ring->started) {
        return EBUSY;
    }
    ring->size = static_cast<uint16_t>(state.number);
    return 0;
}

int Vrings::set_base(const VringState& state) {
    Ring* const ring = this->ring(state.index);
    if (ring == nullptr || state.number > UINT16_MAX) {
        return EINVAL;
    }
    if (ring->started) {
        return EBUSY;
    }
    ring->base = static_cast<uint16_t>(state.number);
    return 0;
}

int Vrings::set_addresses(const VringAddresses& addresses) {
    Ring* const ring = this->ring(addresses.index);
    if (ring == nullptr) {
        return EINVAL;
    }
    ring->addresses = addresses;
    update(static_cast<uint16_t>(addresses.index));
    return 0;
}

int Vrings::set_kick(uint32_t index, UniqueFd eventfd) {
    Ring* const ring = this->ring(index);
    if (ring == nullptr || (eventfd && !is_eventfd(eventfd))) {
        return EINVAL;
    }
    const auto number = static_cast<uint16_t>(index);
    ring->kick_watch.reset();
    ring->kick = std::move(eventfd);
    if (ring->kick) {
        make_non_blocking(ring->kick);
        auto watch = loop_.watch(ring->kick.get(), FdEvents::kRead,
                                 [this, number](FdEvents) { kicked(number); });
        if (!watch) {
            return ENOSPC;
        }
        ring->kick_watch = std::move(*watch);
    } else {
        poll_.arm_after(kPollEvery);
    }
    ring->kicked_at_all = true;
    if (!needs_enable()) {
        ring->enabled = true;
    }
    update(number);
    return 0;
}

int Vrings::set_call(uint32_t index, UniqueFd eventfd) {
    Ring* const ring = this->ring(index);
    if (ring == nullptr || (eventfd && !is_eventfd(eventfd))) {
        return EINVAL;
    }
    ring->call = std::move(eventfd);
    if (ring->call) {
        make_non_blocking(ring->call);
        if (std::exchange(ring->call_due, false)) {
            notify_queue(static_cast<uint16_t>(index));
        }
    }
    return 0;
}

int Vrings::set_error(uint32_t index, UniqueFd eventfd) {
    Ring* const ring = this->ring(index);
    if (ring == nullptr || (eventfd && !is_eventfd(eventfd))) {
        return EINVAL;
    }
    ring->error = std::move(eventfd);
    if (ring->error) {
        make_non_blocking(ring->error);
    }
    return 0;
}

int Vrings::enable(const VringState& state) {
    Ring* const ring = this->ring(state.index);
    if (ring == nullptr || state.number > 1) {
        return EINVAL;
    }
    ring->enabled = state.number != 0;
    update(static_cast<uint16_t>(state.index));
    return 0;
}

int Vrings::set_in_flight(const InFlightArea& area, const UniqueFd& file) {
    if (area.queues > count()) {
        return EINVAL;
    }
    if (any_started()) {
        return EBUSY;
    }
    return in_flight_.take(area, file);
}

int Vrings::set_status(uint64_t status) {
    if ((status & ~kStatusMask) != 0) {
        return EINVAL;
    }
    status_ = static_cast<uint8_t>(status);
    if (status == 0 && any_started()) {
        reset();
    }
    return 0;
}

uint8_t Vrings::status() const {
    uint8_t status = status_;
    if ((features_ & kFeatureRingPacked) != 0) {
        status &= static_cast<uint8_t>(~kStatusFeaturesOk);
    }
    return set_.broken() ? status | kStatusNeedsReset : status;
}

std::optional<uint16_t> Vrings::stop(uint32_t index) {
    Ring* const ring = this->ring(index);
    if (ring == nullptr) {
        return std::nullopt;
    }
    ring->kick_watch.reset();
    ring->kick.reset();
    ring->kicked_at_all = false;
    update(static_cast<uint16_t>(index));
    return ring->base;
}

void Vrings::update(uint16_t index) {
    Ring& ring = rings_[index];
    const bool runs = ring.size != 0 && ring.addresses && ring.kicked_at_all && ring.enabled;
    if (runs == ring.started) {
        return;
    }
    runs ? start(index) : pause(index);
}

void Vrings::start(uint16_t index) {
    Ring& ring = rings_[index];
    if (!any_started()) {
        const bool anew = std::any_of(rings_.begin(), rings_.end(), [](const Ring& one) {
            return one.base == 0 && one.stopped_at != 0;
        });
        if (anew || set_.broken()) {
            reset_device();
        }
        set_.open();
    }
    ring.started = true;
    if (const auto made = layout(ring)) {
        start_at(index, *made);
        // Requests may be there since before; that there are none says nothing of the memory.
        set_.continue_later(index);
    } else {
        set_.needs_reset((features_ & kFeatureRingPacked) != 0 ? virtio::RingError::kLayout
                                                               : virtio::RingError::kAddress);
    }
}

/// What an earlier process had in flight comes first, where the front end has kept that.
void Vrings::start_at(uint16_t index, const virtio::Virtqueue::Layout& layout) {
    const auto kept = in_flight_.queue(index, layout.size);
    set_.keep(index, kept ? kept->requests : virtio::InFlight{});
    if (kept && kept->began) {
        set_.resume(index, layout);
    } else {
        set_.start(index, layout);
    }
}

/// Nothing where the rings are not in the guest's memory, or of a kind that is not offered.
std::optional<virtio::Virtqueue::Layout> Vrings::layout(const Ring& ring) const {
    const auto descriptors = table_.guest_address(ring.addresses->descriptors);
    const auto available = table_.guest_address(ring.addresses->available);
    const auto used = table_.guest_address(ring.addresses->used);
    if (!descriptors || !available || !used || (features_ & kFeatureRingPacked) != 0) {
        return std::nullopt;
    }
    return virtio::Virtqueue::Layout{
        .size = ring.size,
        .descriptors = *descriptors,
        .driver = *available,
        .device = *used,
        .event_index = (features_ & virtio::kFeatureRingEventIdx) != 0,
        .indirect = (features_ & virtio::kFeatureRingIndirectDesc) != 0,
        .resume = ring.base,
    };
}

void Vrings::pause(uint16_t index) {
    Ring& ring = rings_[index];
    ring.base = ring.stopped_at = set_.pause(index);
    ring.started = false;
    if (!any_started()) {
        set_.close();
    }
}

void Vrings::kicked(uint16_t index) {
    static_cast<void>(take_signal(rings_[index].kick));
    set_.kick(index);
}

void Vrings::poll() {
    bool polled = false;
    for (uint16_t i = 0; i < count(); ++i) {
        if (rings_[i].kicked_at_all && !rings_[i].kick) {
            polled = true;
            set_.kick(i);
        }
    }
    if (polled) {
        poll_.arm_after(kPollEvery);
    }
}

bool Vrings::notify_queue(uint16_t index) {
    Ring& ring = rings_[index];
    if (!ring.call) {
        ring.call_due = true;
        return false;
    }
    signal_eventfd(ring.call);
    ++stats_.calls;
    return true;
}

bool Vrings::notify_config() {
    if (set_.broken()) {
        for (const Ring& ring : rings_) {
            if (ring.error) {
                signal_eventfd(ring.error);
            }
        }
        return false;
    }
    if (config_muted_ || !channel_.config_changed()) {
        return false;
    }
    ++stats_.config_changes;
    return true;
}

void Vrings::reset_device() {
    ++stats_.resets;
    set_.reset();
    in_flight_.clear();
    for (Ring& ring : rings_) {
        ring.started = false;
        ring.stopped_at = 0;
        ring.call_due = false;
    }
}

void Vrings::reset() {
    reset_device();
    for (Ring& ring : rings_) {
        ring.kick_watch.reset();
        ring.kick.reset();
        ring.kicked_at_all = false;
        ring.enabled = false;
        ring.base = 0;
        ring.addresses.reset();
    }
}

void Vrings::power_off() {
    set_.reset();
    for (uint16_t i = 0; i < count(); ++i) {
        set_.keep(i, virtio::InFlight{});
    }
    in_flight_.forget();
    status_ = 0;
    for (Ring& ring : rings_) {
        // First: the VMM may have the eventfd open still, and the loop would go on hearing of it.
        ring.kick_watch.reset();
        ring = Ring{};
    }
    poll_.disarm();
    channel_.close();
    config_muted_ = false;
    features_ = 0;
    set_.detached();
}

}  // namespace oriel::vhost_user
