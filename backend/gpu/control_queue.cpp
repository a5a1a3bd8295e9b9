// SPDX-License-Identifier: MIT
#include "control_queue.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace oriel::gpu {

using virtio::Virtqueue;
using wire::Type;

ControlQueue::ControlQueue(EventLoop& loop, Executor& executor)
    : LedgerItem{HeldFor::kRequests},
      clock_{loop.clock()},
      executor_{executor},
      reader_{QueueKind::kControl, executor},
      updates_{loop, executor, [this] { catch_up(); }} {}

Virtqueue& ControlQueue::queue() const {
    return transport_->queue(wire::kControlQueue);
}

void ControlQueue::kicked() {
    in_batch_ = true;
    notices_.begin(order_.flush_count());
    const bool broken = !take_all();
    if (catching_up_) {
        carry_out_updates();
    }
    in_batch_ = false;
    if (notices_.due(order_.flush_count(), queue().layout().size)) {
        tell();
    }
    if (broken) {
        transport_->needs_reset(queue().error());
    }
}

void ControlQueue::catch_up() {
    if (updates_.empty()) {
        return;
    }
    catching_up_ = true;
    transport_->look_now(wire::kControlQueue);
    catching_up_ = false;
}

/// False where the ring is broken.
bool ControlQueue::take_all() {
    until_ = clock_.now() + virtio::kMaxTurn;
    while (finish_long()) {
        const bool spare_kicks = !updates_.empty() && !catching_up_ && executor_.shown_count() == 1;
        const Virtqueue::Pop pop = reader_.take(
            queue(), spare_kicks ? Virtqueue::Kicks::kSpare : Virtqueue::Kicks::kWanted);
        if (pop != Virtqueue::Pop::kChain) {
            return pop == Virtqueue::Pop::kEmpty;
        }
        process();
        if (clock_.now() >= until_) {
            break;
        }
    }
    transport_->continue_later(wire::kControlQueue);
    return true;
}

/// False if it takes longer than this turn.
bool ControlQueue::finish_long() {
    if (!long_) {
        return true;
    }
    const auto type = std::visit(
        [this](auto& progress) { return executor_.carry_on(progress, until_); }, long_->progress);
    if (!type) {
        return false;
    }
    answer(std::move(std::exchange(long_, std::nullopt)->queued), *type);
    return true;
}

void ControlQueue::process() {
    auto& request = reader_.request();
    if (request && request->command && updates_.may_hold(*request->command, catching_up_)) {
        executor_.count(request->header);
        updates_.hold(reader_.keep(), std::move(*request->command));
        return;
    }
    carry_out_updates();
    const auto* transfer = request && request->command
                               ? std::get_if<command::TransferToHost2d>(&*request->command)
                               : nullptr;
    if (transfer != nullptr) {
        executor_.count(request->header);
        // finish_long() carries it out, before anything behind it is taken.
        long_.emplace(
            LongCommand{reader_.keep(), Executor::TransferProgress{.transfer = *transfer}});
        return;
    }
    if (auto progress = request ? executor_.begin_backing(*request) : std::nullopt) {
        executor_.count(request->header);
        long_.emplace(LongCommand{reader_.keep(), std::move(*progress)});
        return;
    }
    Response response;
    flush_at_hand_ = 0;
    const Type type = executor_.carry_out(request, response, *this);
    if (const uint64_t token = std::exchange(flush_at_hand_, 0); still_waits(token)) {
        order_.add_flush(token, reader_.keep());
    } else {
        answer_at_hand(type, response);
    }
}

void ControlQueue::carry_out_updates() {
    if (updates_.empty()) {
        return;
    }
    frames_.clear();
    const auto frame_of = [this](uint32_t resource) -> Frame& {
        const auto it =
            std::find_if(frames_.begin(), frames_.end(),
                         [resource](const Frame& frame) { return frame.resource == resource; });
        return it != frames_.end() ? *it : frames_.emplace_back(Frame{.resource = resource});
    };
    for (HeldUpdates::Update& update : updates_.take()) {
        if (const auto* transfer = std::get_if<command::TransferToHost2d>(&update.command)) {
            Frame& frame = frame_of(transfer->resource);
            answer(std::move(update.queued), executor_.transfer_rest(*transfer, frame.copied));
        } else if (const auto* flush = std::get_if<command::ResourceFlush>(&update.command)) {
            Frame& frame = frame_of(flush->resource);
            flushes_merged_ += frame.token != 0 ? 1 : 0;
            frame.token = frame.token != 0 ? frame.token : begin_flush();
            frame.flushed.add(flush->rect);
            // Fences behind it wait, although it has not begun.
            order_.add_flush(frame.token, std::move(update.queued));
        }
    }
    for (const Frame& frame : frames_) {
        if (frame.token != 0) {
            flush(frame.resource, frame.flushed, frame.token);
        }
    }
}

void ControlQueue::flush(uint32_t resource, const Region& part, uint64_t token) {
    flush_at_hand_ = token;
    executor_.flush(resource, part, *this);
    flush_at_hand_ = 0;
    flush_done(token);  // as far as this device goes
}

void ControlQueue::answer_at_hand(Type type, Response& response) {
    const wire::Header header = reader_.header();
    const auto bytes = response.finish(type, header);
    if (order_.must_wait(header)) {
        order_.add_answer(reader_.keep(), {bytes.begin(), bytes.end()});
    } else {
        give(reader_.chain(), header, bytes);
    }
}

void ControlQueue::answer(QueuedCommand command, Type type) {
    if (type >= Type::kErrUnspec) {
        executor_.report(command.header, type);
    }
    Response response;
    const auto bytes = response.finish(type, command.header);
    if (order_.must_wait(command.header)) {
        order_.add_answer(std::move(command), {bytes.begin(), bytes.end()});
        return;
    }
    give(command.chain, command.header, bytes);
    reader_.give_back(std::move(command));
}

void ControlQueue::give(const virtio::Chain& chain, const wire::Header& header,
                        std::span<const std::byte> answer) {
    queue().complete(chain, answer);
    notices_.answered(header);
}

void ControlQueue::tell() {
    notices_.told();
    transport_->signal_used(wire::kControlQueue);
}

uint64_t ControlQueue::begin_flush() {
    flushes_.push_back({.token = ++last_token_});
    return last_token_;
}

FlushDone ControlQueue::hold() {
    if (flush_at_hand_ == 0) {
        flush_at_hand_ = begin_flush();
    }
    const auto flush = std::find_if(flushes_.begin(), flushes_.end(), [this](const Flush& one) {
        return one.token == flush_at_hand_;
    });
    ++flush->waiting;
    return {owner_.get(), flush_at_hand_};
}

bool ControlQueue::still_waits(uint64_t token) {
    return token != 0 && !end_one(token);
}

/// Whether that was the last one.
bool ControlQueue::end_one(uint64_t token) {
    const auto flush = std::find_if(flushes_.begin(), flushes_.end(),
                                    [token](const Flush& one) { return one.token == token; });
    if (--flush->waiting > 0) {
        return false;
    }
    flushes_.erase(flush);
    return true;
}

void ControlQueue::flush_done(uint64_t token) {
    if (!end_one(token)) {
        return;
    }
    give_flush(token);
    if (!in_batch_) {
        tell();
    }
}

void ControlQueue::give_flush(uint64_t token) {
    order_.flush_done(token, [this](QueuedCommand command, std::span<const std::byte> bytes) {
        Response response;
        give(command.chain, command.header,
             bytes.empty() ? response.finish(Type::kOkNodata, command.header) : bytes);
        reader_.give_back(std::move(command));
    });
}

void ControlQueue::answer_all() {
    in_batch_ = true;
    carry_out_updates();
    in_batch_ = false;
    // What presenters say of these later is nobody's.
    owner_.revoke();
    for (const Flush& flush : std::exchange(flushes_, {})) {
        give_flush(flush.token);
    }
    tell();
}

void ControlQueue::forget() {
    owner_.revoke();
    flushes_.clear();
    order_.clear();
    notices_.told();
    updates_.clear();
    long_.reset();
}

Held ControlQueue::held() const {
    return {order_.heap_bytes() + updates_.heap_bytes() +
                heap_bytes_of(flushes_.capacity() * sizeof(Flush)) +
                heap_bytes_of(frames_.capacity() * sizeof(Frame)),
            0};
}

void ControlQueue::add_to(Stats& stats) const {
    stats.flushes_merged += flushes_merged_;
    stats.flushes_waiting = order_.flush_count();
    stats.updates_held = updates_.count();
}

}  // namespace oriel::gpu
