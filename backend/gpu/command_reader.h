// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ledger.h"
#include "gpu/command.h"
#include "virtio/virtqueue.h"

namespace oriel::gpu {

class Executor;

/// A command that was taken off its queue and isn't answered yet: what its answer needs.
struct QueuedCommand {
    virtio::Chain chain;
    wire::Header header{};
};

/// Takes commands off one of the device's queues. All bytes of a command are copied out of guest
/// memory once, and then checked.
class CommandReader final : public LedgerItem {
public:
    /// `executor` is lent and must outlive this.
    CommandReader(QueueKind kind, const Executor& executor)
        : LedgerItem{HeldFor::kRequests}, kind_{kind}, executor_{executor} {}

    /// The next command, which is in request() then. On kError the queue has stopped.
    [[nodiscard]] virtio::Virtqueue::Pop take(
        virtio::Virtqueue& queue,
        virtio::Virtqueue::Kicks kicks = virtio::Virtqueue::Kicks::kWanted);

    /// What take() got; nothing where not even a header fits.
    [[nodiscard]] std::optional<Request>& request() { return request_; }
    /// Its header, all zero where there is none.
    [[nodiscard]] wire::Header header() const {
        return request_ ? request_->header : wire::Header{};
    }
    /// Where its answer goes.
    [[nodiscard]] const virtio::Chain& chain() const { return chain_; }

    /// The same to keep, for an answer that comes later: without the addresses of what was read,
    /// of which a guest may give 32768 for each command.
    [[nodiscard]] QueuedCommand keep();
    /// What was kept is answered: its memory serves the next one.
    void give_back(QueuedCommand command);

    [[nodiscard]] Held held() const override;

private:
    [[nodiscard]] std::span<const std::byte> copy_out(const virtio::Virtqueue& queue);

    QueueKind kind_;
    const Executor& executor_;
    virtio::Chain chain_;
    std::optional<Request> request_;
    /// Kept for their capacity: the bytes of the command, and chains.
    std::vector<std::byte> bytes_;
    std::vector<virtio::Chain> spare_chains_;
};

}  // namespace oriel::gpu
