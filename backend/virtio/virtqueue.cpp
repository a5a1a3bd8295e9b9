// SPDX-License-Identifier: MIT
#include "virtio/virtqueue.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <utility>

#include "core/byte_reader.h"

namespace oriel::virtio {

using guest::Access;

/// virtio 1.2, 2.7.5.
struct Virtqueue::Descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

namespace {

constexpr uint16_t kDescNext = 1;
constexpr uint16_t kDescWrite = 2;
constexpr uint16_t kDescIndirect = 4;
constexpr uint64_t kDescriptorSize = 16;
constexpr uint16_t kAvailNoInterrupt = 1;
constexpr uint16_t kMaxQueueSize = 32768;

// Offsets in the available and the used ring (2.7.6, 2.7.8).
constexpr uint64_t kRingIndex = 2;
constexpr uint64_t kRingEntries = 4;

/// 2.7.8.2
struct UsedElement {
    uint32_t id;
    uint32_t length;
};

uint64_t used_event_at(const Virtqueue::Layout& layout) {
    return layout.driver + kRingEntries + uint64_t{2} * layout.size;
}
uint64_t avail_event_at(const Virtqueue::Layout& layout) {
    return layout.device + kRingEntries + uint64_t{8} * layout.size;
}

/// Both sides access ring indices at the same time; the layout's alignment makes them atomic.
uint16_t& as_u16(guest::HostSpan span) {
    return *static_cast<uint16_t*>(static_cast<void*>(span.data()));
}

void append(std::vector<Chain::Piece>& pieces, uint64_t address, uint32_t length) {
    if (!pieces.empty()) {
        Chain::Piece& last = pieces.back();
        if (last.address + last.length == address && last.length <= UINT32_MAX - length) {
            last.length += length;
            return;
        }
    }
    pieces.push_back({address, length});
}

}  // namespace

const char* to_string(RingError error) {
    switch (error) {
        case RingError::kNone:
            return "no error";
        case RingError::kAddress:
            return "a ring or a descriptor is not in guest memory";
        case RingError::kIndex:
            return "a descriptor index is beyond the queue's size";
        case RingError::kLoop:
            return "a descriptor chain loops";
        case RingError::kTooLong:
            return "a descriptor chain holds too many bytes";
        case RingError::kIndirect:
            return "an indirect descriptor table is malformed or not negotiated";
        case RingError::kOrder:
            return "a readable descriptor follows a writable one";
        case RingError::kAvailRange:
            return "more requests than the queue has entries";
        case RingError::kLayout:
            return "a queue's size or alignment is not allowed";
        case RingError::kMemoryLost:
            return "the file behind the VM's memory shrank";
    }
    return "unknown";
}

Virtqueue::Virtqueue(const guest::GuestMemory& memory)
    : LedgerItem{HeldFor::kRequests}, memory_{memory} {}

RingError Virtqueue::check(const Layout& layout) const {
    if (!std::has_single_bit(layout.size) || layout.size > kMaxQueueSize ||
        layout.descriptors % 16 != 0 || layout.driver % 2 != 0 || layout.device % 4 != 0) {
        return RingError::kLayout;
    }
    const uint64_t size = layout.size;
    const uint64_t event = layout.event_index ? 2 : 0;
    if (!memory_.accessible(layout.descriptors, kDescriptorSize * size, Access::kRead) ||
        !memory_.accessible(layout.driver, kRingEntries + 2 * size + event, Access::kRead) ||
        !memory_.accessible(layout.device, kRingEntries + 8 * size + event, Access::kWrite)) {
        return RingError::kAddress;
    }
    return RingError::kNone;
}

RingError Virtqueue::start(const Layout& layout) {
    stop();
    error_ = check(layout);
    if (error_ == RingError::kNone) {
        run(layout);
        kept_.begin(next_used_);
    }
    return error_;
}

RingError Virtqueue::resume(const Layout& layout) {
    stop();
    error_ = check(layout);
    if (error_ != RingError::kNone) {
        return error_;
    }
    run(layout);
    next_used_ = load_u16(layout.device + kRingIndex).value_or(0);
    interrupted_at_ = next_used_;
    again_ = kept_.left(next_used_, layout.size);
    next_available_ = static_cast<uint16_t>(next_used_ + again_.size());
    std::reverse(again_.begin(), again_.end());
    return RingError::kNone;
}

void Virtqueue::run(const Layout& layout) {
    layout_ = layout;
    running_ = true;
    ++life_;
    next_available_ = layout.resume.value_or(0);
    // The used ring's index is the device's own, and it is where the device has left it.
    next_used_ = layout.resume ? load_u16(layout.device + kRingIndex).value_or(0) : uint16_t{0};
    interrupted_at_ = next_used_;
    completed_since_interrupt_ = false;
    in_flight_ = 0;
    popped_any_ = false;
    again_.clear();
}

void Virtqueue::stop() {
    running_ = false;
    table_ = {};
}

std::optional<uint16_t> Virtqueue::load_u16(uint64_t address) const {
    // Aligned to two bytes, so never across two pages.
    const guest::HostSpan span = memory_.find(address, 2, Access::kRead);
    if (span.empty()) {
        return std::nullopt;
    }
    return std::atomic_ref{as_u16(span)}.load(std::memory_order_acquire);
}

bool Virtqueue::store_u16(uint64_t address, uint16_t value) const {
    const guest::HostSpan span = memory_.find(address, 2, Access::kWrite);
    if (span.empty()) {
        return false;
    }
    std::atomic_ref{as_u16(span)}.store(value, std::memory_order_release);
    memory_.written(address, sizeof value);
    return true;
}

Virtqueue::Pop Virtqueue::fail(RingError error) {
    error_ = error;
    running_ = false;
    return Pop::kError;
}

Virtqueue::Pop Virtqueue::pop(Chain& chain, Kicks kicks) {
    if (!running_) {
        return Pop::kEmpty;
    }
    if (!again_.empty()) {
        const uint16_t head = again_.back();
        again_.pop_back();
        return take(head, chain);
    }
    const uint64_t index_at = layout_.driver + kRingIndex;
    std::optional<uint16_t> available = load_u16(index_at);
    if (available == next_available_ && layout_.event_index && kicks == Kicks::kWanted) {
        // Ask for a kick at the next request, then look again: it may have come in between.
        if (!store_u16(avail_event_at(layout_), next_available_)) {
            return fail(RingError::kAddress);
        }
        std::atomic_thread_fence(std::memory_order_seq_cst);
        available = load_u16(index_at);
    }
    if (!available) {
        return fail(RingError::kAddress);
    }
    if (*available == next_available_) {
        return Pop::kEmpty;
    }
    const auto waiting = static_cast<uint16_t>(*available - next_available_);
    if (waiting > layout_.size || in_flight_ >= layout_.size) {
        return fail(RingError::kAvailRange);
    }
    const uint64_t slot = next_available_ % layout_.size;
    const std::optional<uint16_t> head = load_u16(layout_.driver + kRingEntries + 2 * slot);
    if (!head) {
        return fail(RingError::kAddress);
    }
    const Pop taken = take(*head, chain);
    next_available_ = static_cast<uint16_t>(next_available_ + (taken == Pop::kChain ? 1 : 0));
    return taken;
}

Virtqueue::Pop Virtqueue::take(uint16_t head, Chain& chain) {
    const RingError error = gather(head, chain);
    if (error != RingError::kNone) {
        return fail(error);
    }
    kept_.taken(head);
    ++in_flight_;
    popped_any_ = true;
    return Pop::kChain;
}

RingError Virtqueue::gather(uint16_t head, Chain& chain) {
    chain.head = head;
    chain.life = life_;
    chain.readable.clear();
    chain.writable.clear();
    chain.readable_bytes = 0;
    chain.writable_bytes = 0;
    uint16_t index = head;
    for (uint32_t count = 0; count < layout_.size; ++count) {
        if (index >= layout_.size) {
            return RingError::kIndex;
        }
        Descriptor descriptor;
        if (!memory_.read(layout_.descriptors + kDescriptorSize * index,
                          std::as_writable_bytes(std::span{&descriptor, 1}))) {
            return RingError::kAddress;
        }
        if ((descriptor.flags & kDescIndirect) != 0) {
            // Never with NEXT as well (2.7.5.3.1), so the table is the rest of the chain.
            if (!layout_.indirect || (descriptor.flags & kDescNext) != 0) {
                return RingError::kIndirect;
            }
            return gather_table(descriptor, chain);
        }
        const RingError error = add(descriptor, chain);
        if (error != RingError::kNone || (descriptor.flags & kDescNext) == 0) {
            return error;
        }
        index = descriptor.next;
    }
    return RingError::kLoop;
}

RingError Virtqueue::gather_table(const Descriptor& table, Chain& chain) {
    const uint32_t entries = table.length / kDescriptorSize;
    if (entries == 0 || table.length % kDescriptorSize != 0 || entries > kMaxIndirectEntries) {
        return RingError::kIndirect;
    }
    // One copy of the whole table: what is checked is what is used.
    table_.resize(table.length);
    if (!memory_.read(table.address, table_)) {
        return RingError::kAddress;
    }
    uint32_t index = 0;
    for (uint32_t count = 0; count < entries; ++count) {
        if (index >= entries) {
            return RingError::kIndex;
        }
        Descriptor descriptor;
        std::memcpy(&descriptor, table_.data() + kDescriptorSize * index, sizeof descriptor);
        if ((descriptor.flags & kDescIndirect) != 0) {
            return RingError::kIndirect;
        }
        const RingError error = add(descriptor, chain);
        if (error != RingError::kNone || (descriptor.flags & kDescNext) == 0) {
            return error;
        }
        index = descriptor.next;
    }
    return RingError::kLoop;
}

RingError Virtqueue::add(const Descriptor& descriptor, Chain& chain) const {
    const bool write = (descriptor.flags & kDescWrite) != 0;
    if (!write && chain.writable_bytes > 0) {
        return RingError::kOrder;
    }
    if (chain.readable_bytes + chain.writable_bytes + descriptor.length > kMaxChainBytes) {
        return RingError::kTooLong;
    }
    if (!memory_.accessible(descriptor.address, descriptor.length,
                            write ? Access::kWrite : Access::kRead)) {
        return RingError::kAddress;
    }
    if (descriptor.length == 0) {
        return RingError::kNone;
    }
    append(write ? chain.writable : chain.readable, descriptor.address, descriptor.length);
    (write ? chain.writable_bytes : chain.readable_bytes) += descriptor.length;
    return RingError::kNone;
}

bool Virtqueue::read(const Chain& chain, uint64_t offset, std::span<std::byte> bytes) const {
    if (offset > chain.readable_bytes || bytes.size() > chain.readable_bytes - offset) {
        return false;
    }
    for (const Chain::Piece& piece : chain.readable) {
        if (bytes.empty()) {
            break;
        }
        if (offset >= piece.length) {
            offset -= piece.length;
            continue;
        }
        const auto here = std::min<size_t>(bytes.size(), piece.length - offset);
        if (!memory_.read(piece.address + offset, bytes.first(here))) {
            return false;
        }
        bytes = bytes.subspan(here);
        offset = 0;
    }
    return true;
}

void Virtqueue::complete(const Chain& chain, std::span<const std::byte> response) {
    if (!running_ || chain.life != life_) {
        return;
    }
    uint32_t written = 0;
    for (const Chain::Piece& piece : chain.writable) {
        const auto here = std::min<size_t>(response.size(), piece.length);
        if (here == 0 || !memory_.write(piece.address, response.first(here))) {
            break;
        }
        response = response.subspan(here);
        written += static_cast<uint32_t>(here);
    }
    const UsedElement element{chain.head, written};
    kept_.answering(chain.head);
    const uint64_t slot = next_used_ % layout_.size;
    // Where the ring itself is gone there is nobody to tell.
    static_cast<void>(memory_.write(layout_.device + kRingEntries + 8 * slot, bytes_of(element)));
    ++next_used_;
    store_u16(layout_.device + kRingIndex, next_used_);
    kept_.answered(chain.head, next_used_);
    completed_since_interrupt_ = true;
    if (in_flight_ > 0) {
        --in_flight_;
    }
}

bool Virtqueue::wants_interrupts() const {
    // With event indices the flag means nothing, and there is no way to say "never".
    return running_ &&
           (layout_.event_index ||
            (load_u16(layout_.driver).value_or(kAvailNoInterrupt) & kAvailNoInterrupt) == 0);
}

bool Virtqueue::take_interrupt() {
    if (!running_ || !completed_since_interrupt_) {
        return false;
    }
    completed_since_interrupt_ = false;
    const uint16_t before = std::exchange(interrupted_at_, next_used_);
    // The used index must be visible before the driver's wish is read (2.7.10).
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!layout_.event_index) {
        return (load_u16(layout_.driver).value_or(kAvailNoInterrupt) & kAvailNoInterrupt) == 0;
    }
    const std::optional<uint16_t> event = load_u16(used_event_at(layout_));
    if (!event) {
        return false;
    }
    const auto since_event = static_cast<uint16_t>(next_used_ - *event - 1);
    const auto since_before = static_cast<uint16_t>(next_used_ - before);
    return since_event < since_before;
}

bool Virtqueue::looks_unshared() const {
    if (!running_ || popped_any_ || load_u16(layout_.driver + kRingIndex) != 0) {
        return false;
    }
    std::vector<std::byte> bytes(kDescriptorSize * layout_.size);
    return memory_.read(layout_.descriptors, bytes) &&
           std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace oriel::virtio
