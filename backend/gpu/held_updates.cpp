// SPDX-License-Identifier: MIT
#include "held_updates.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "executor.h"

namespace oriel::gpu {
namespace {

// A compositor that keeps its refresh rate is never late for this; Weston 10's headless output,
// which says 60 Hz and shows 39, isn't either.
constexpr int64_t kHeldPeriods = 2;
// Intel's driver for Windows waits 100 ms for a flush, and then gives its memory away: all of a
// flush's way takes less than 80.
constexpr Nanoseconds kHeldAtMost{60'000'000};

}  // namespace

HeldUpdates::HeldUpdates(EventLoop& loop, Executor& executor, Callback overdue)
    : executor_{executor}, longest_{kHeldAtMost}, timer_{loop, std::move(overdue)} {}

void HeldUpdates::set_refresh(uint32_t refresh_mhz) {
    const auto periods =
        Nanoseconds{kHeldPeriods * 1'000'000'000'000 / std::max<int64_t>(refresh_mhz, 1)};
    longest_ = std::min(periods, kHeldAtMost);
}

bool HeldUpdates::may_hold(const Command& command, bool collecting) const {
    if (const auto* transfer = std::get_if<command::TransferToHost2d>(&command)) {
        return executor_.can_wait(*transfer, !collecting);
    }
    const auto* flush = std::get_if<command::ResourceFlush>(&command);
    return flush != nullptr &&
           std::any_of(held_.begin(), held_.end(),
                       [flush](const Update& update) {
                           const auto* before =
                               std::get_if<command::TransferToHost2d>(&update.command);
                           return before != nullptr && before->resource == flush->resource;
                       }) &&
           executor_.can_wait(*flush);
}

void HeldUpdates::hold(QueuedCommand queued, Command command) {
    held_.push_back({std::move(queued), std::move(command)});
    if (!timer_.deadline()) {
        timer_.arm_after(longest_);
    }
}

std::vector<HeldUpdates::Update>& HeldUpdates::take() {
    timer_.disarm();
    taken_.clear();
    std::swap(held_, taken_);
    return taken_;
}

uint64_t HeldUpdates::heap_bytes() const {
    uint64_t bytes = heap_bytes_of(held_.capacity() * sizeof(Update)) +
                     heap_bytes_of(taken_.capacity() * sizeof(Update));
    for (const Update& update : held_) {
        bytes += update.queued.chain.heap_bytes();
    }
    return bytes;
}

void HeldUpdates::clear() {
    timer_.disarm();
    held_.clear();
}

}  // namespace oriel::gpu
