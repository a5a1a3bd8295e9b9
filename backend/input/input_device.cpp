// SPDX-License-Identifier: MIT
#include "input/input_device.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/byte_reader.h"
#include "frame_backlog.h"

namespace oriel::input {
namespace {

using virtio::Chain;
using virtio::Virtqueue;

static_assert(InputDevice::kMaxBacklog == FrameBacklog::kMaxEvents);

}  // namespace

class InputDevice::Impl {
public:
    Impl(InputDevice& device, EventLoop& loop, Kind kind)
        : device_{device}, loop_{loop}, description_{Description::of(kind)} {}

    void event(const Event& event);
    void sync(TimePoint since);
    void events_kicked();
    void status_kicked();
    void queue_reset(uint16_t index);
    void reset();
    [[nodiscard]] wire::Config config() const;
    [[nodiscard]] DeviceStats stats() const;

    InputDevice& device_;
    EventLoop& loop_;
    const Description description_;
    DeviceStats stats_;
    uint32_t leds_ = 0;
    uint8_t select_ = 0;
    uint8_t subsel_ = 0;
    /// The driver is there. Not while its ring is broken.
    bool ready_ = false;
    FrameBacklog backlog_;

private:
    void deliver();
    [[nodiscard]] bool deliver(const FrameBacklog::Frame& frame);
    [[nodiscard]] bool gather(size_t wanted);
    void broken(uint16_t index);
    void take_status(const Virtqueue& queue, const Chain& chain);

    /// Room that the driver has offered and that isn't used yet.
    std::vector<Chain> room_;
    Chain status_chain_;
    bool wrote_ = false;
    uint64_t refused_ = 0;
    // Deferred calls hold it weakly: they may outlive this object.
    std::shared_ptr<Impl*> self_ = std::make_shared<Impl*>(this);
};

void InputDevice::Impl::event(const Event& event) {
    if (!ready_ || !description_.has(event.type, event.code)) {
        ++refused_;
    } else if (backlog_.add(event)) {
        sync(loop_.clock().now());
    }
}

void InputDevice::Impl::sync(TimePoint since) {
    backlog_.end_frame(since);
    deliver();
}

void InputDevice::Impl::deliver() {
    while (ready_) {
        const FrameBacklog::Frame* frame = backlog_.front(loop_.clock().now());
        if (frame == nullptr || !deliver(*frame)) {
            break;
        }
    }
    if (std::exchange(wrote_, false)) {
        device_.transport().signal_used(wire::kEventQueue);
    }
}

/// Whole frames only, except that one which is larger than the ring goes in pieces. False if it
/// has to wait.
bool InputDevice::Impl::deliver(const FrameBacklog::Frame& frame) {
    Virtqueue& queue = device_.transport().queue(wire::kEventQueue);
    const TimePoint since = frame.since;
    for (bool all = false; !all;) {
        const size_t left = frame.events.size() - frame.sent;
        const size_t now = std::min<size_t>(left, queue.layout().size);
        if (now == 0 || !gather(now)) {
            return false;
        }
        for (size_t i = 0; i < now; ++i) {
            queue.complete(room_[i], bytes_of(frame.events[frame.sent + i]));
        }
        room_.erase(room_.begin(), room_.begin() + static_cast<ptrdiff_t>(now));
        stats_.events += now;
        wrote_ = true;
        all = backlog_.sent(now);
    }
    stats_.latency.add(loop_.clock().now() - since);
    return true;
}

bool InputDevice::Impl::gather(size_t wanted) {
    Virtqueue& queue = device_.transport().queue(wire::kEventQueue);
    // Taken only when needed: so kicks are asked for only where the ring is too short, and what a
    // driver gives back while nobody waits for it costs no exit of the guest.
    while (room_.size() < wanted) {
        Chain chain;
        switch (queue.pop(chain)) {
            case Virtqueue::Pop::kChain:
                if (chain.writable_bytes >= sizeof(Event)) {
                    room_.push_back(std::move(chain));
                } else {
                    ++stats_.bad_buffers;
                    queue.complete(chain, {});
                    wrote_ = true;
                }
                break;
            case Virtqueue::Pop::kEmpty:
                return false;
            case Virtqueue::Pop::kError:
                broken(wire::kEventQueue);
                return false;
        }
    }
    return true;
}

void InputDevice::Impl::broken(uint16_t index) {
    const virtio::RingError error = device_.transport().queue(index).error();
    reset();
    device_.transport().needs_reset(error);
}

void InputDevice::Impl::events_kicked() {
    ready_ = true;
    deliver();
}

void InputDevice::Impl::status_kicked() {
    Virtqueue& queue = device_.transport().queue(wire::kStatusQueue);
    // A guest that fills its queue as fast as it is emptied must not keep the loop from everything
    // else.
    for (uint16_t taken = 0;; ++taken) {
        if (taken >= wire::kQueueSize) {
            loop_.defer([weak = std::weak_ptr{self_}] {
                if (const auto self = weak.lock(); self && (*self)->ready_) {
                    (*self)->status_kicked();
                }
            });
            break;
        }
        const Virtqueue::Pop pop = queue.pop(status_chain_);
        if (pop == Virtqueue::Pop::kEmpty) {
            break;
        }
        if (pop == Virtqueue::Pop::kError) {
            broken(wire::kStatusQueue);
            return;
        }
        take_status(queue, status_chain_);
        queue.complete(status_chain_, {});
    }
    device_.transport().signal_used(wire::kStatusQueue);
}

void InputDevice::Impl::take_status(const Virtqueue& queue, const Chain& chain) {
    Event event;
    if (chain.readable_bytes < sizeof event ||
        !queue.read(chain, 0, std::as_writable_bytes(std::span{&event, 1}))) {
        ++stats_.bad_buffers;
        return;
    }
    // Linux also tells its repeat rate, which is its own business.
    if (event.type == EV_LED && event.code < LED_CNT && description_.has(EV_LED, event.code)) {
        const uint32_t led = uint32_t{1} << event.code;
        leds_ = event.value != 0 ? leds_ | led : leds_ & ~led;
    }
}

void InputDevice::Impl::queue_reset(uint16_t index) {
    if (index == wire::kEventQueue) {
        // The guest's device is the same one: what it was told it still believes.
        room_.clear();
    }
}

void InputDevice::Impl::reset() {
    ready_ = false;
    backlog_.clear();
    room_.clear();
    leds_ = 0;
    select_ = subsel_ = 0;
}

wire::Config InputDevice::Impl::config() const {
    wire::Config config{.select = select_, .subsel = subsel_};
    const std::vector<std::byte> answer = description_.answer(select_, subsel_);
    config.size = static_cast<uint8_t>(answer.size());
    std::copy(answer.begin(), answer.end(), config.payload.begin());
    return config;
}

DeviceStats InputDevice::Impl::stats() const {
    DeviceStats stats = stats_;
    stats.dropped = refused_ + backlog_.dropped();
    stats.merged = backlog_.merged();
    return stats;
}

InputDevice::InputDevice(EventLoop& loop, Kind kind)
    : impl_{std::make_unique<Impl>(*this, loop, kind)} {}

InputDevice::~InputDevice() = default;

const Description& InputDevice::description() const {
    return impl_->description_;
}

DeviceStats InputDevice::stats() const {
    return impl_->stats();
}

uint32_t InputDevice::leds() const {
    return impl_->leds_;
}

size_t InputDevice::waiting() const {
    return impl_->backlog_.waiting();
}

bool InputDevice::ready() const {
    return impl_->ready_;
}

void InputDevice::event(const Event& event) {
    impl_->event(event);
}

void InputDevice::sync(TimePoint since) {
    impl_->sync(since);
}

void InputDevice::read_config(uint32_t offset, std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    const wire::Config config = impl_->config();
    if (offset < sizeof config) {
        const size_t length = std::min<size_t>(bytes.size(), sizeof config - offset);
        std::memcpy(bytes.data(), bytes_of(config).data() + offset, length);
    }
}

void InputDevice::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    // The driver writes the first two fields, one after the other or both at once.
    for (const std::byte byte : bytes) {
        if (offset == offsetof(wire::Config, select)) {
            impl_->select_ = std::to_integer<uint8_t>(byte);
        } else if (offset == offsetof(wire::Config, subsel)) {
            impl_->subsel_ = std::to_integer<uint8_t>(byte);
        } else {
            break;
        }
        ++offset;
    }
}

void InputDevice::kicked(uint16_t index) {
    if (index == wire::kEventQueue) {
        impl_->events_kicked();
    } else {
        impl_->status_kicked();
    }
}

void InputDevice::queue_reset(uint16_t index) {
    impl_->queue_reset(index);
}

void InputDevice::reset() {
    impl_->reset();
}

}  // namespace oriel::input
