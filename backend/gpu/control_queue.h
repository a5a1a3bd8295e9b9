// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "command_reader.h"
#include "core/event_loop.h"
#include "core/weak.h"
#include "executor.h"
#include "fence_order.h"
#include "gpu/stats.h"
#include "held_updates.h"
#include "scanout/flush_done.h"
#include "used_notices.h"
#include "virtio/device.h"

namespace oriel::gpu {

/// The control queue: takes commands off, has them carried out, and answers them in the order that
/// fences ask for: at once, when a presenter is done with a flush, or with the frame that an update
/// was held for.
class ControlQueue final : public LedgerItem, private FlushOwner, private FlushHolder {
public:
    /// Both lent; must outlive this.
    ControlQueue(EventLoop& loop, Executor& executor);

    /// Lent; must outlive the last call.
    void connect(virtio::Transport& transport) { transport_ = &transport; }

    void kicked();
    /// Carries held updates out, with those that the driver has queued meanwhile.
    void catch_up();
    /// The queue is about to stop: answers all but a command that takes more than this turn,
    /// behind which nothing was taken.
    void answer_all();
    /// The queue was reset: its commands need no answer.
    void forget();

    /// See HeldUpdates.
    void set_refresh(uint32_t refresh_mhz) { updates_.set_refresh(refresh_mhz); }

    void add_to(Stats& stats) const;
    /// The commands that are not answered.
    [[nodiscard]] Held held() const override;

private:
    /// What was held for one resource, while it is carried out.
    struct Frame {
        uint32_t resource = 0;
        uint64_t token = 0;  ///< 0: nothing is flushed
        Region copied;
        Region flushed;
    };
    /// A flush that presenters work on.
    struct Flush {
        uint64_t token = 0;
        /// Presenters that are not done, and one for the command while it is carried out.
        size_t waiting = 1;
    };

    [[nodiscard]] virtio::Virtqueue& queue() const;
    [[nodiscard]] bool take_all();
    void process();
    [[nodiscard]] bool finish_long();
    void carry_out_updates();
    void flush(uint32_t resource, const Region& part, uint64_t token);

    void answer_at_hand(wire::Type type, Response& response);
    void answer(QueuedCommand command, wire::Type type);
    void give(const virtio::Chain& chain, const wire::Header& header,
              std::span<const std::byte> answer);
    void tell();

    [[nodiscard]] uint64_t begin_flush();
    /// The command is carried out: whether presenters still work on it.
    [[nodiscard]] bool still_waits(uint64_t token);
    [[nodiscard]] bool end_one(uint64_t token);
    void give_flush(uint64_t token);

    // FlushHolder
    [[nodiscard]] FlushDone hold() override;
    // FlushOwner
    void flush_done(uint64_t token) override;

    const Clock& clock_;
    Executor& executor_;
    virtio::Transport* transport_ = nullptr;
    CommandReader reader_;
    /// A command that takes more than one turn of the loop. Nothing behind it is taken meanwhile.
    struct LongCommand {
        QueuedCommand queued;
        std::variant<Executor::TransferProgress, Executor::BackingProgress> progress;
    };
    std::optional<LongCommand> long_;
    /// When this turn's share of the time is used up.
    TimePoint until_{};
    HeldUpdates updates_;
    FenceOrder order_;
    UsedNotices notices_;
    std::vector<Flush> flushes_;
    /// Only inside carry_out_updates(); kept for its capacity.
    std::vector<Frame> frames_;
    /// The flush that hold() is for, 0: none was begun.
    uint64_t flush_at_hand_ = 0;
    uint64_t last_token_ = 0;
    bool in_batch_ = false;
    bool catching_up_ = false;
    uint64_t flushes_merged_ = 0;
    /// Presenters refer to this one.
    WeakOwner<FlushOwner> owner_{this};
};

}  // namespace oriel::gpu
