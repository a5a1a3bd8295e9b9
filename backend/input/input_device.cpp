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

/// Buffers that are taken off a queue in one turn of the loop: a guest that fills it as fast as it
/// is emptied must not keep the loop from everything else. Enough for all that waits.
constexpr size_t kMaxTakes = FrameBacklog::kMaxEvents + wire::kQueueSize;

}  // namespace

InputDevice::InputDevice(EventLoop& loop, Kind kind)
    : clock_{loop.clock()},
      description_{Description::of(kind)},
      backlog_{std::make_unique<FrameBacklog>()} {}

InputDevice::~InputDevice() = default;

DeviceStats InputDevice::stats() const {
    DeviceStats stats = stats_;
    stats.dropped = refused_ + backlog_->dropped();
    stats.merged = backlog_->merged();
    return stats;
}

size_t InputDevice::waiting() const {
    return backlog_->waiting();
}

bool InputDevice::ready() const {
    const bool used = description_.kind() == Kind::kKeyboard || asked_ || interrupted_;
    return started_ && used && transport().served(wire::kEventQueue);
}

Hearing InputDevice::hearing() const {
    if (!ready()) {
        return Hearing::kNobody;
    }
    const auto since = backlog_->waiting_since();
    return since && clock_.now() - *since >= kTakesNothing ? Hearing::kSlow : Hearing::kDriver;
}

void InputDevice::event(const Event& event) {
    if (!started_ || !description_.has(event.type, event.code)) {
        ++refused_;
    } else if (backlog_->add(event)) {
        sync(clock_.now());
    }
}

void InputDevice::sync(TimePoint since) {
    backlog_->end_frame(since);
    deliver();
}

void InputDevice::deliver() {
    takes_left_ = kMaxTakes;
    until_ = clock_.now() + virtio::kMaxTurn;
    while (started_ && deliver_frame()) {
    }
    if (std::exchange(wrote_, false)) {
        transport().signal_used(wire::kEventQueue);
    }
}

/// The first frame that waits; whole frames only, except that one which is larger than the ring
/// goes in pieces. False if there is none, or it has to wait.
bool InputDevice::deliver_frame() {
    const FrameBacklog::Frame* frame = backlog_->front(clock_.now());
    if (frame == nullptr) {
        return false;
    }
    Virtqueue& queue = transport().queue(wire::kEventQueue);
    const TimePoint since = frame->since;
    for (bool all = false; !all;) {
        const size_t left = frame->events.size() - frame->sent;
        const size_t now = std::min<size_t>(left, queue.layout().size);
        if (now == 0 || !gather(now)) {
            return false;
        }
        for (size_t i = 0; i < now; ++i) {
            queue.complete(room_[i], bytes_of(frame->events[frame->sent + i]));
        }
        room_.erase(room_.begin(), room_.begin() + static_cast<ptrdiff_t>(now));
        stats_.events += now;
        wrote_ = true;
        all = backlog_->sent(now);
    }
    stats_.latency.add(clock_.now() - since);
    return true;
}

bool InputDevice::gather(size_t wanted) {
    Virtqueue& queue = transport().queue(wire::kEventQueue);
    // Taken only when needed: so kicks are asked for only where the ring is too short, and what a
    // driver gives back while nobody waits for it costs no exit of the guest.
    while (room_.size() < wanted) {
        // A buffer may be an indirect table of thousands of entries.
        if (takes_left_ == 0 || clock_.now() >= until_) {
            transport().continue_later(wire::kEventQueue);
            return false;
        }
        --takes_left_;
        Chain chain;
        switch (queue.pop(chain)) {
            case Virtqueue::Pop::kChain:
                if (chain.writable_bytes >= sizeof(Event)) {
                    chain.keep_for_answer(sizeof(Event));
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

void InputDevice::broken(uint16_t index) {
    const virtio::RingError error = transport().queue(index).error();
    reset();
    transport().needs_reset(error);
}

void InputDevice::events_kicked() {
    started_ = true;
    interrupted_ |= transport().queue(wire::kEventQueue).wants_interrupts();
    deliver();
}

void InputDevice::status_kicked() {
    Virtqueue& queue = transport().queue(wire::kStatusQueue);
    const TimePoint until = clock_.now() + virtio::kMaxTurn;
    for (uint16_t taken = 0;; ++taken) {
        if (taken >= wire::kQueueSize || (taken > 0 && clock_.now() >= until)) {
            transport().continue_later(wire::kStatusQueue);
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
        take_status(status_chain_);
        queue.complete(status_chain_, {});
    }
    transport().signal_used(wire::kStatusQueue);
}

void InputDevice::take_status(const Chain& chain) {
    Event event;
    if (chain.readable_bytes < sizeof event ||
        !transport()
             .queue(wire::kStatusQueue)
             .read(chain, 0, std::as_writable_bytes(std::span{&event, 1}))) {
        ++stats_.bad_buffers;
        return;
    }
    // Linux also tells its repeat rate, which is its own business.
    if (event.type == EV_LED && event.code < LED_CNT && description_.has(EV_LED, event.code)) {
        const uint32_t led = uint32_t{1} << event.code;
        leds_ = event.value != 0 ? leds_ | led : leds_ & ~led;
    }
}

wire::Config InputDevice::config() const {
    wire::Config config{.select = select_, .subsel = subsel_};
    const std::vector<std::byte> answer = description_.answer(select_, subsel_);
    config.size = static_cast<uint8_t>(answer.size());
    std::copy(answer.begin(), answer.end(), config.payload.begin());
    return config;
}

void InputDevice::read_config(uint32_t offset, std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    asked_ |= select_ == static_cast<uint8_t>(wire::Select::kEventBits);
    const wire::Config now = config();
    if (offset < sizeof now) {
        const size_t length = std::min<size_t>(bytes.size(), sizeof now - offset);
        std::memcpy(bytes.data(), bytes_of(now).data() + offset, length);
    }
}

void InputDevice::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    // The driver writes the first two fields, one after the other or both at once.
    for (const std::byte byte : bytes) {
        if (offset == offsetof(wire::Config, select)) {
            select_ = std::to_integer<uint8_t>(byte);
        } else if (offset == offsetof(wire::Config, subsel)) {
            subsel_ = std::to_integer<uint8_t>(byte);
        } else {
            break;
        }
        ++offset;
    }
}

void InputDevice::kicked(uint16_t index) {
    if (index == wire::kEventQueue) {
        events_kicked();
    } else {
        status_kicked();
    }
}

void InputDevice::queue_reset(uint16_t index) {
    if (index == wire::kEventQueue) {
        // The guest's device is the same one: what it was told it still believes.
        room_.clear();
    }
}

void InputDevice::reset() {
    ++life_;
    started_ = asked_ = interrupted_ = false;
    backlog_->clear();
    room_.clear();
    leds_ = 0;
    select_ = subsel_ = 0;
}

}  // namespace oriel::input
