// SPDX-License-Identifier: MIT
#include "in_flight_memory.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "core/memfd.h"

namespace oriel::vhost_user {
namespace {

using virtio::InFlight;

/// No two queues in a line of a processor's cache.
constexpr uint64_t kLine = 64;

uint64_t queue_bytes(uint16_t queue_size) {
    return (InFlight::shared_bytes_for(queue_size) + kLine - 1) / kLine * kLine;
}

/// 0 where it can't be.
uint64_t whole_bytes(const InFlightArea& area) {
    if (area.queues == 0 || area.queues > kMaxInFlightQueues ||
        !std::has_single_bit(area.queue_size) || area.queue_size > kMaxRingSize) {
        return 0;
    }
    return round_to_pages(area.queues * queue_bytes(area.queue_size));
}

}  // namespace

Result<UniqueFd> InFlightMemory::create(InFlightArea& asked) {
    const uint64_t bytes = whole_bytes(asked);
    if (bytes == 0) {
        return host_error("{} queues of {} requests can't be kept", asked.queues, asked.queue_size);
    }
    asked.size = bytes;
    asked.offset = 0;
    return create_memfd("oriel-vhost-in-flight", bytes, MemfdSeals::kFixedSize);
}

int InFlightMemory::take(const InFlightArea& area, const UniqueFd& file) {
    const uint64_t bytes = whole_bytes(area);
    if (bytes == 0 || area.size != bytes) {
        return EINVAL;
    }
    auto mapped = GuardedMapping::map(file.get(), area.offset, bytes);
    if (!mapped) {
        return mapped.error().code != 0 ? mapped.error().code : EINVAL;
    }
    memory_.reset();
    memory_.emplace(std::move(*mapped));
    area_ = area;
    return 0;
}

void InFlightMemory::forget() {
    memory_.reset();
}

void InFlightMemory::clear() {
    if (memory_) {
        const auto bytes = memory_->bytes();
        std::fill(bytes.begin(), bytes.end(), std::byte{0});
    }
}

std::optional<InFlightMemory::Queue> InFlightMemory::queue(uint16_t index,
                                                           uint16_t ring_size) const {
    if (!memory_ || index >= area_.queues || ring_size > area_.queue_size) {
        return std::nullopt;
    }
    const auto bytes = memory_->bytes()
                           .subspan(index * queue_bytes(area_.queue_size))
                           .first(InFlight::shared_bytes_for(area_.queue_size));
    uint16_t version = 0;
    std::memcpy(&version, bytes.data() + offsetof(InFlight::Shared, version), sizeof version);
    return Queue{InFlight::shared(bytes), version == InFlight::Shared::kVersion};
}

}  // namespace oriel::vhost_user
