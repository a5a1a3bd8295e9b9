// SPDX-License-Identifier: MIT
#include "command_reader.h"

#include <algorithm>
#include <utility>

#include "core/byte_reader.h"
#include "executor.h"

namespace oriel::gpu {
namespace {

/// More are rarely on their way, and each may have grown large.
constexpr size_t kMaxSpareChains = 8;
/// Pieces of a chain that is worth keeping: one with many is a command with backing.
constexpr size_t kMaxSparePieces = 16;

}  // namespace

virtio::Virtqueue::Pop CommandReader::take(virtio::Virtqueue& queue,
                                           virtio::Virtqueue::Kicks kicks) {
    const virtio::Virtqueue::Pop pop = queue.pop(chain_, kicks);
    if (pop == virtio::Virtqueue::Pop::kChain) {
        request_ = decode(copy_out(queue), kind_, executor_.free_entries());
    }
    return pop;
}

std::span<const std::byte> CommandReader::copy_out(const virtio::Virtqueue& queue) {
    // The longest command that can be right: entries beyond the limit are refused unread.
    const uint64_t most =
        sizeof(wire::ResourceCreateBlob) + executor_.free_entries() * sizeof(wire::MemEntry);
    const uint64_t readable = chain_.readable_bytes;
    bytes_.resize(std::min<uint64_t>(readable, kMaxFixedBytes));
    if (!queue.read(chain_, 0, bytes_)) {
        return {};
    }
    const auto header = ByteReader{bytes_}.read<wire::Header>();
    const uint64_t wanted = std::min(readable, most);
    if (header && has_entries(*header) && wanted > bytes_.size()) {
        // Only what is not here yet: nothing is fetched twice.
        const size_t have = bytes_.size();
        bytes_.resize(wanted);
        if (!queue.read(chain_, have, std::span{bytes_}.subspan(have))) {
            return {};
        }
    }
    return bytes_;
}

QueuedCommand CommandReader::keep() {
    QueuedCommand kept{std::move(chain_), header()};
    kept.chain.keep_for_answer(sizeof(wire::RespEdid));
    chain_ = {};
    if (!spare_chains_.empty()) {
        chain_ = std::move(spare_chains_.back());
        spare_chains_.pop_back();
    }
    return kept;
}

void CommandReader::give_back(QueuedCommand command) {
    if (spare_chains_.size() < kMaxSpareChains &&
        std::max(command.chain.readable.capacity(), command.chain.writable.capacity()) <=
            kMaxSparePieces) {
        spare_chains_.push_back(std::move(command.chain));
    }
}

Held CommandReader::held() const {
    Held sum{heap_bytes_of(bytes_.capacity()) + chain_.heap_bytes(), 0};
    for (const virtio::Chain& chain : spare_chains_) {
        sum.bytes += chain.heap_bytes();
    }
    return sum;
}

}  // namespace oriel::gpu
