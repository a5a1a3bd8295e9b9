// SPDX-License-Identifier: MIT
#include "support/driver_queue.h"

#include <atomic>
#include <stdexcept>

namespace oriel::test {
namespace {

constexpr uint64_t kIndex = 2;
constexpr uint64_t kEntries = 4;
constexpr uint32_t kDescriptorSize = sizeof(DriverQueue::Descriptor);
static_assert(kDescriptorSize == 16);

std::atomic_ref<uint16_t> shared_u16(const GuestRam& ram, uint64_t address) {
    void* at = ram.at(address, sizeof(uint16_t)).data();
    return std::atomic_ref{*static_cast<uint16_t*>(at)};
}

}  // namespace

DriverQueue::DriverQueue(GuestRam& ram, const Options& options)
    : ram_{ram},
      size_{options.size},
      event_index_{options.event_index},
      descriptors_{ram.allocate(kDescriptorSize * size_t{size_}, 16)},
      available_{ram.allocate(kEntries + 2 * size_t{size_} + 2, 2)},
      used_{ram.allocate(kEntries + 8 * size_t{size_} + 2, 4)},
      tables_(size_) {
    for (uint16_t i = size_; i > 0; --i) {
        free_.push_back(static_cast<uint16_t>(i - 1));
    }
}

uint16_t DriverQueue::take_free() {
    if (free_.empty()) {
        throw std::runtime_error{"the virtqueue is full"};
    }
    const uint16_t index = free_.back();
    free_.pop_back();
    return index;
}

uint16_t DriverQueue::add(std::span<const Buffer> out, std::span<const Buffer> in, Table table) {
    if (out.empty() && in.empty()) {
        throw std::logic_error{"a chain needs a buffer"};
    }
    const uint16_t head = table == Table::kDirect ? add_direct(out, in) : add_indirect(out, in);
    publish(head);
    return head;
}

uint16_t DriverQueue::add_direct(std::span<const Buffer> out, std::span<const Buffer> in) {
    const size_t count = out.size() + in.size();
    std::vector<uint16_t> held;
    for (size_t i = 0; i < count; ++i) {
        held.push_back(take_free());
    }
    for (size_t i = 0; i < count; ++i) {
        const bool last = i + 1 == count;
        const Buffer& buffer = i < out.size() ? out[i] : in[i - out.size()];
        const auto flags =
            static_cast<uint16_t>((last ? 0 : kNext) | (i < out.size() ? 0 : kWrite));
        write_descriptor(held[i],
                         {buffer.address, buffer.length, flags, last ? uint16_t{0} : held[i + 1]});
    }
    const uint16_t head = held.front();
    chains_[head] = std::move(held);
    return head;
}

uint16_t DriverQueue::add_indirect(std::span<const Buffer> out, std::span<const Buffer> in) {
    const uint16_t head = take_free();
    const size_t count = out.size() + in.size();
    const auto bytes = static_cast<uint32_t>(count * kDescriptorSize);
    Buffer& table = tables_[head];
    if (table.length < bytes) {
        table = {ram_.allocate(bytes, 16), bytes};
    }
    for (size_t i = 0; i < count; ++i) {
        const bool last = i + 1 == count;
        const Buffer& buffer = i < out.size() ? out[i] : in[i - out.size()];
        const auto flags =
            static_cast<uint16_t>((last ? 0 : kNext) | (i < out.size() ? 0 : kWrite));
        ram_.store(table.address + i * kDescriptorSize,
                   Descriptor{buffer.address, buffer.length, flags, static_cast<uint16_t>(i + 1)});
    }
    write_descriptor(head, {table.address, bytes, kIndirect, 0});
    chains_[head] = {head};
    return head;
}

void DriverQueue::write_descriptor(uint16_t index, const Descriptor& descriptor) const {
    ram_.store(descriptors_ + uint64_t{kDescriptorSize} * index, descriptor);
}

void DriverQueue::publish(uint16_t head) {
    ram_.store(available_ + kEntries + uint64_t{2} * (next_available_ % size_), head);
    set_available_index(++next_available_);
}

void DriverQueue::set_available_index(uint16_t index) const {
    shared_u16(ram_, available_ + kIndex).store(index, std::memory_order_release);
}

uint16_t DriverQueue::used_index() const {
    return shared_u16(ram_, used_ + kIndex).load(std::memory_order_acquire);
}

bool DriverQueue::kick_wanted() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const uint16_t before = std::exchange(kicked_at_, next_available_);
    if (before == next_available_) {
        return false;
    }
    if (!event_index_) {
        constexpr uint16_t no_notify = 1;
        return (shared_u16(ram_, used_).load(std::memory_order_acquire) & no_notify) == 0;
    }
    const uint16_t event =
        shared_u16(ram_, used_ + kEntries + uint64_t{8} * size_).load(std::memory_order_acquire);
    return static_cast<uint16_t>(next_available_ - event - 1) <
           static_cast<uint16_t>(next_available_ - before);
}

std::optional<DriverQueue::Used> DriverQueue::take_used() {
    if (used_index() == next_used_) {
        return std::nullopt;
    }
    const auto used = ram_.load<Used>(used_ + kEntries + uint64_t{8} * (next_used_ % size_));
    ++next_used_;
    const auto chain = chains_.find(static_cast<uint16_t>(used.head));
    if (chain != chains_.end()) {
        free_.insert(free_.end(), chain->second.rbegin(), chain->second.rend());
        chains_.erase(chain);
    }
    if (event_index_) {
        want_interrupts(true);
    }
    return used;
}

void DriverQueue::want_interrupts(bool wanted) {
    constexpr uint16_t no_interrupt = 1;
    if (event_index_) {
        const auto event = static_cast<uint16_t>(wanted ? next_used_ : next_used_ - 1);
        shared_u16(ram_, available_ + kEntries + uint64_t{2} * size_)
            .store(event, std::memory_order_release);
    } else {
        shared_u16(ram_, available_).store(wanted ? 0 : no_interrupt, std::memory_order_release);
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace oriel::test
