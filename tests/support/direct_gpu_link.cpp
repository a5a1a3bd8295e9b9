// SPDX-License-Identifier: MIT
#include "support/direct_gpu_link.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/memfd.h"
#include "gpu/protocol.h"

namespace oriel::test {
namespace {

constexpr uint16_t kSlots = 64;
constexpr uint64_t kPage = 4096;

struct Descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};
constexpr uint16_t kNext = 1;
constexpr uint16_t kWrite = 2;
constexpr uint16_t kIndirect = 4;

/// Where a queue's rings are in its page-aligned piece of memory.
constexpr uint64_t kDriverAt = 0x1000;
constexpr uint64_t kDeviceAt = 0x2000;
constexpr uint64_t kRingBytes = 0x3000;

}  // namespace

DirectGpuLink::DirectGpuLink(EventLoop& loop)
    : loop_{loop},
      rings_{Ring{memory_}, Ring{memory_}},
      continuation_{loop, [this] {
                        for (uint16_t i = 0; i < 2; ++i) {
                            if (std::exchange(continued_[i], false)) {
                                look_now(i);
                            }
                        }
                    }} {
    auto fd = create_memfd("test-ram", kRamSize, MemfdSeals::kFixedSize);
    auto mapping = Mapping::map(fd.value().get(), 0, kRamSize, MapAccess::kReadWrite);
    ram_ = std::move(mapping.value());
    if (!memory_.map(kRamBase, kRamSize, std::move(*fd), 0, true)) {
        throw std::runtime_error{"GuestMemory refuses the test's memory"};
    }
}

DirectGpuLink::~DirectGpuLink() = default;

void DirectGpuLink::start(virtio::Device& device) {
    device_ = &device;
    device.connect(*this);
    start_queue(gpu::wire::kControlQueue);
    start_queue(gpu::wire::kCursorQueue);
}

void DirectGpuLink::start_queue(uint16_t index) {
    Ring& ring = rings_[index];
    const uint64_t base = allocate(kRingBytes);
    const virtio::Virtqueue::Layout layout{.size = kSlots,
                                           .descriptors = base,
                                           .driver = base + kDriverAt,
                                           .device = base + kDeviceAt,
                                           .event_index = false,
                                           .indirect = true};
    if (ring.queue.start(layout) != virtio::RingError::kNone) {
        throw std::runtime_error{"the queue doesn't start"};
    }
    ring.free.clear();
    for (uint16_t slot = kSlots; slot > 0; --slot) {
        ring.free.push_back(static_cast<uint16_t>(slot - 1));
    }
    ring.pending.clear();
    ring.available = 0;
    ring.used = 0;
}

void DirectGpuLink::restart() {
    for (Ring& ring : rings_) {
        ring.queue.stop();
    }
    device_->reset();
    needs_reset_ = false;
    start_queue(gpu::wire::kControlQueue);
    start_queue(gpu::wire::kCursorQueue);
}

void DirectGpuLink::restart_queue(uint16_t queue) {
    rings_[queue].queue.stop();
    device_->queue_reset(queue);
    start_queue(queue);
}

uint64_t DirectGpuLink::allocate(uint64_t bytes) {
    const uint64_t address = next_free_;
    next_free_ += (bytes + kPage - 1) / kPage * kPage;
    if (next_free_ > kRamBase + kRamSize) {
        throw std::runtime_error{"the test's guest memory is too small"};
    }
    return address;
}

std::span<std::byte> DirectGpuLink::bytes(uint64_t address, uint64_t length) {
    return ram_.bytes().subspan(address - kRamBase, length);
}

template <class T>
void DirectGpuLink::store(uint64_t address, const T& value) {
    std::memcpy(bytes(address, sizeof value).data(), &value, sizeof value);
}

template <class T>
T DirectGpuLink::load(uint64_t address) {
    T value;
    std::memcpy(&value, bytes(address, sizeof value).data(), sizeof value);
    return value;
}

uint64_t DirectGpuLink::slot_memory(uint16_t queue, uint16_t slot, uint64_t bytes) {
    auto& [address, size] = slots_[{queue, slot}];
    if (size < bytes) {
        address = allocate(bytes);
        size = bytes;
    }
    return address;
}

GpuLink::Token DirectGpuLink::submit(uint16_t queue, std::span<const std::byte> request,
                                     uint32_t response_bytes) {
    Ring& ring = rings_[queue];
    collect(queue);
    if (ring.free.empty()) {
        throw std::runtime_error{"more requests than the queue has room for"};
    }
    const uint16_t slot = ring.free.back();
    ring.free.pop_back();

    const uint32_t piece = std::min<uint32_t>(piece_, 1U << 30);
    const uint64_t pieces = (request.size() + piece - 1) / piece;
    const uint64_t entries = pieces + (response_bytes != 0 ? 1 : 0);
    const uint64_t table_bytes = std::max<uint64_t>(entries, 1) * sizeof(Descriptor);
    const uint64_t table = slot_memory(queue, slot, table_bytes + response_bytes + request.size());
    const uint64_t response_at = table + table_bytes;
    const uint64_t request_at = response_at + response_bytes;
    std::copy(request.begin(), request.end(), bytes(request_at, request.size()).begin());

    for (uint64_t i = 0; i < entries; ++i) {
        const bool last = i + 1 == entries;
        const bool write = i == pieces;
        const auto left = static_cast<uint32_t>(write ? 0 : request.size() - i * piece);
        store(table + i * sizeof(Descriptor),
              Descriptor{.address = write ? response_at : request_at + i * piece,
                         .length = write ? response_bytes : std::min(left, piece),
                         .flags = static_cast<uint16_t>((last ? 0 : kNext) | (write ? kWrite : 0)),
                         .next = static_cast<uint16_t>(i + 1)});
    }
    if (entries == 0) {
        store(table, Descriptor{});  // a request without a byte
    }
    store(ring.queue.layout().descriptors + slot * sizeof(Descriptor),
          Descriptor{table, static_cast<uint32_t>(table_bytes), kIndirect, 0});
    const Token token = ++last_token_;
    ring.pending[slot] = {token, response_at, table, request_at + request.size() - table};
    offer_head(queue, slot);
    if (kicking_) {
        device_->kicked(queue);
    }
    return token;
}

void DirectGpuLink::offer_head(uint16_t queue, uint16_t head) {
    Ring& ring = rings_[queue];
    const uint64_t driver = ring.queue.layout().driver;
    store(driver + 4 + 2 * uint64_t{ring.available} % (2 * kSlots), head);
    store(driver + 2, ++ring.available);
}

std::span<std::byte> DirectGpuLink::memory_of(Token token) {
    for (const Ring& ring : rings_) {
        for (const auto& [slot, request] : ring.pending) {
            if (request.token == token) {
                return bytes(request.memory, request.bytes);
            }
        }
    }
    return {};
}

void DirectGpuLink::collect(uint16_t queue) {
    struct UsedElement {
        uint32_t id;
        uint32_t length;
    };
    Ring& ring = rings_[queue];
    const uint64_t device = ring.queue.layout().device;
    while (ring.used != load<uint16_t>(device + 2)) {
        const auto element = load<UsedElement>(device + 4 + 8 * uint64_t{ring.used} % (8 * kSlots));
        ++ring.used;
        const auto slot = static_cast<uint16_t>(element.id);
        const auto it = ring.pending.find(slot);
        if (it == ring.pending.end()) {
            throw std::runtime_error{"the device answers a request twice"};
        }
        const auto answer = bytes(it->second.response, element.length);
        answers_[it->second.token].assign(answer.begin(), answer.end());
        ring.pending.erase(it);
        ring.free.push_back(slot);
    }
}

bool DirectGpuLink::answered(Token token) {
    collect(gpu::wire::kControlQueue);
    collect(gpu::wire::kCursorQueue);
    return answers_.contains(token);
}

std::optional<std::vector<std::byte>> DirectGpuLink::poll(Token token) {
    if (!answered(token)) {
        return std::nullopt;
    }
    return std::move(answers_.extract(token).mapped());
}

bool DirectGpuLink::pump() {
    return loop_.dispatch(Nanoseconds{0});
}

void DirectGpuLink::read_config(uint32_t offset, std::span<std::byte> bytes) {
    device_->read_config(offset, bytes);
}

void DirectGpuLink::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    device_->write_config(offset, bytes);
}

virtio::Virtqueue& DirectGpuLink::queue(uint16_t index) {
    return rings_[index].queue;
}

void DirectGpuLink::continue_later(uint16_t index) {
    continued_[index] = true;
    continuation_.schedule();
}

void DirectGpuLink::look_now(uint16_t index) {
    if (!needs_reset_ && rings_[index].queue.running()) {
        device_->kicked(index);
    }
}

void DirectGpuLink::signal_used(uint16_t index) {
    if (rings_[index].queue.take_interrupt()) {
        ++interrupts_[index];
    }
}

}  // namespace oriel::test
