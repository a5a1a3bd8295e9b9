// SPDX-License-Identifier: MIT
#include "input/input_device.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>

#include "core/byte_reader.h"
#include "device_state.h"

namespace oriel::input {
namespace {

using virtio::Chain;
using virtio::Virtqueue;

/// A presenter that forgets frame() doesn't fill the memory.
constexpr size_t kMaxFrame = 256;
/// What the guest has to be told after its backlog was full goes out in frames of this many events.
constexpr size_t kMaxCatchUpFrame = 32;
constexpr Event kSyn{EV_SYN, SYN_REPORT, 0};

bool is_motion(const Event& event, uint16_t type) {
    static_assert(REL_X == ABS_X && REL_Y == ABS_Y);
    return event.type == type && event.code <= REL_Y;
}

int32_t saturated_sum(int32_t a, int32_t b) {
    return static_cast<int32_t>(std::clamp<int64_t>(
        int64_t{a} + b, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

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

    InputDevice& device_;
    EventLoop& loop_;
    const Description description_;
    DeviceStats stats_;
    uint32_t leds_ = 0;
    uint8_t select_ = 0;
    uint8_t subsel_ = 0;
    /// The driver is there. Not while its ring is broken.
    bool ready_ = false;
    size_t waiting_ = 0;  // events in backlog_

private:
    struct Frame {
        std::vector<Event> events;
        size_t sent = 0;
        TimePoint since{};
    };

    void enqueue(Frame frame);
    [[nodiscard]] bool merge(const Frame& frame);
    [[nodiscard]] bool merge(const Frame& frame, uint16_t type);
    void deliver();
    [[nodiscard]] bool deliver(Frame& frame);
    [[nodiscard]] bool gather(size_t wanted);
    void catch_up();
    void broken(uint16_t index);
    void take_status(const Virtqueue& queue, const Chain& chain);

    std::vector<Event> staged_;
    std::deque<Frame> backlog_;
    /// Room that the driver has offered and that isn't used yet.
    std::vector<Chain> room_;
    Chain status_chain_;
    bool wrote_ = false;
    /// Frames were dropped: the guest will have told_, and should have wanted_.
    bool behind_ = false;
    DeviceState told_;    // after all that is in the backlog
    DeviceState wanted_;  // after all that came
    // Deferred calls hold it weakly: they may outlive this object.
    std::shared_ptr<Impl*> self_ = std::make_shared<Impl*>(this);
};

void InputDevice::Impl::event(const Event& event) {
    if (!ready_ || !description_.has(event.type, event.code)) {
        ++stats_.dropped;
        return;
    }
    if (!wanted_.apply(event)) {
        return;
    }
    staged_.push_back(event);
    if (staged_.size() >= kMaxFrame) {
        sync(loop_.clock().now());
    }
}

void InputDevice::Impl::sync(TimePoint since) {
    if (staged_.empty()) {
        return;
    }
    staged_.push_back(kSyn);
    enqueue({.events = std::exchange(staged_, {}), .since = since});
    deliver();
}

void InputDevice::Impl::enqueue(Frame frame) {
    if (!behind_ && merge(frame)) {
        ++stats_.merged;
    } else if (behind_ || waiting_ + frame.events.size() > kMaxBacklog) {
        behind_ = true;
        stats_.dropped += frame.events.size();
        return;
    } else {
        waiting_ += frame.events.size();
        backlog_.push_back(std::move(frame));
    }
    told_ = wanted_;
}

/// Motion that waits takes later motion in.
bool InputDevice::Impl::merge(const Frame& frame) {
    return !backlog_.empty() && backlog_.back().sent == 0 &&
           (merge(frame, EV_REL) || merge(frame, EV_ABS));
}

bool InputDevice::Impl::merge(const Frame& frame, uint16_t type) {
    std::vector<Event>& last = backlog_.back().events;
    const auto only_motion = [type](const std::vector<Event>& events) {
        return std::all_of(events.begin(), events.end() - 1,
                           [type](const Event& event) { return is_motion(event, type); });
    };
    if (!only_motion(last) || !only_motion(frame.events)) {
        return false;
    }
    for (auto event = frame.events.begin(); event != frame.events.end() - 1; ++event) {
        const auto same = std::find_if(last.begin(), last.end() - 1, [event](const Event& other) {
            return other.code == event->code;
        });
        if (same == last.end() - 1) {
            last.insert(same, *event);
            ++waiting_;
        } else {
            same->value = type == EV_REL ? saturated_sum(same->value, event->value) : event->value;
        }
    }
    return true;
}

void InputDevice::Impl::deliver() {
    while (ready_) {
        if (backlog_.empty()) {
            if (!behind_) {
                break;
            }
            catch_up();
        } else if (deliver(backlog_.front())) {
            stats_.latency.add(loop_.clock().now() - backlog_.front().since);
            backlog_.pop_front();
        } else {
            break;
        }
    }
    if (std::exchange(wrote_, false)) {
        device_.transport().signal_used(wire::kEventQueue);
    }
}

/// Whole frames only, except that one which is larger than the ring goes in pieces. False if it
/// has to wait.
bool InputDevice::Impl::deliver(Frame& frame) {
    Virtqueue& queue = device_.transport().queue(wire::kEventQueue);
    while (frame.sent < frame.events.size()) {
        const size_t left = frame.events.size() - frame.sent;
        const size_t now = std::min<size_t>(left, queue.layout().size);
        if (now == 0 || !gather(now)) {
            return false;
        }
        for (size_t i = 0; i < now; ++i) {
            queue.complete(room_[i], bytes_of(frame.events[frame.sent++]));
        }
        room_.erase(room_.begin(), room_.begin() + static_cast<ptrdiff_t>(now));
        waiting_ -= now;
        stats_.events += now;
        wrote_ = true;
    }
    return true;
}

bool InputDevice::Impl::gather(size_t wanted) {
    Virtqueue& queue = device_.transport().queue(wire::kEventQueue);
    // Kicks are asked for only where the ring is too short: what a driver gives back while nobody
    // waits for it costs no exit of the guest.
    auto kicks = Virtqueue::Kicks::kSpare;
    while (room_.size() < wanted) {
        Chain chain;
        switch (queue.pop(chain, kicks)) {
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
                if (kicks == Virtqueue::Kicks::kWanted) {
                    return false;
                }
                kicks = Virtqueue::Kicks::kWanted;
                break;
            case Virtqueue::Pop::kError:
                broken(wire::kEventQueue);
                return false;
        }
    }
    return true;
}

void InputDevice::Impl::catch_up() {
    const std::vector<Event> events = told_.events_to(wanted_);
    behind_ = false;
    told_ = wanted_;
    const TimePoint now = loop_.clock().now();
    for (size_t at = 0; at < events.size(); at += kMaxCatchUpFrame) {
        const size_t end = std::min(at + kMaxCatchUpFrame, events.size());
        Frame frame{.since = now};
        frame.events.assign(events.begin() + static_cast<ptrdiff_t>(at),
                            events.begin() + static_cast<ptrdiff_t>(end));
        frame.events.push_back(kSyn);
        waiting_ += frame.events.size();
        backlog_.push_back(std::move(frame));
    }
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
    stats_.dropped += waiting_ + staged_.size();
    staged_.clear();
    backlog_.clear();
    waiting_ = 0;
    room_.clear();
    behind_ = false;
    told_ = wanted_ = {};
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

InputDevice::InputDevice(EventLoop& loop, Kind kind)
    : impl_{std::make_unique<Impl>(*this, loop, kind)} {}

InputDevice::~InputDevice() = default;

const Description& InputDevice::description() const {
    return impl_->description_;
}

const DeviceStats& InputDevice::stats() const {
    return impl_->stats_;
}

uint32_t InputDevice::leds() const {
    return impl_->leds_;
}

size_t InputDevice::waiting() const {
    return impl_->waiting_;
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
