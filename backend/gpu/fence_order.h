// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "command_reader.h"
#include "gpu/protocol.h"

namespace oriel::gpu {

/// The commands of one ring whose answers can't be given yet, in the ring's order: flushes that
/// presenters hold, and fenced commands behind a fenced flush that is held.
///
/// Answers with a fence keep the ring's order, because Linux takes the answer to a fence for the
/// answers to all earlier ones: it would draw into the buffer that is on the screen. Answers
/// without a fence wait for nobody, and nobody waits for them.
///
/// Nothing waits for ever: what is waited for is a flush, and a presenter answers each (FlushDone).
/// Each entry is a request of the ring, so there are no more than that has room for.
class FenceOrder {
public:
    [[nodiscard]] static bool fenced(const wire::Header& header) {
        return (header.flags & wire::kFlagFence) != 0;
    }

    /// The answer to a command with this header, now behind all others, has to wait.
    [[nodiscard]] bool must_wait(const wire::Header& header) const {
        return fenced_count_ > 0 && fenced(header);
    }

    /// A flush, which is to be answered "no data" once `flush` (not 0) is done.
    void add_flush(uint64_t flush, QueuedCommand command) {
        ++flush_count_;
        add({std::move(command), flush, {}});
    }
    /// A command that must_wait(), and its answer.
    void add_answer(QueuedCommand command, std::vector<std::byte> answer) {
        add({std::move(command), 0, std::move(answer)});
    }

    /// `flush` is done: calls `answer(command, bytes)` for each command that can be answered now,
    /// in order; a flush has no bytes. The command is given away.
    template <class Answer>
    void flush_done(uint64_t flush, Answer&& answer);

    void clear() {
        entries_.clear();
        flush_count_ = 0;
        fenced_count_ = 0;
    }
    /// Flushes that are not done.
    [[nodiscard]] size_t flush_count() const { return flush_count_; }
    [[nodiscard]] uint64_t heap_bytes() const {
        uint64_t bytes = heap_bytes_of(entries_.capacity() * sizeof(Entry));
        for (const Entry& entry : entries_) {
            bytes += entry.command.chain.heap_bytes() + heap_bytes_of(entry.answer.capacity());
        }
        return bytes;
    }

private:
    struct Entry {
        QueuedCommand command;
        uint64_t flush = 0;  ///< what it waits for itself; 0: it could be answered
        std::vector<std::byte> answer;
    };
    void add(Entry entry) {
        fenced_count_ += fenced(entry.command.header) ? 1 : 0;
        entries_.push_back(std::move(entry));
    }

    std::vector<Entry> entries_;
    size_t flush_count_ = 0;
    size_t fenced_count_ = 0;  // of entries_
};

template <class Answer>
void FenceOrder::flush_done(uint64_t flush, Answer&& answer) {
    bool fence_waits = false;
    size_t kept = 0;
    for (Entry& entry : entries_) {
        if (entry.flush == flush) {
            entry.flush = 0;
            --flush_count_;
        }
        const bool with_fence = fenced(entry.command.header);
        if (entry.flush == 0 && !(with_fence && fence_waits)) {
            fenced_count_ -= with_fence ? 1 : 0;
            answer(std::move(entry.command), entry.answer);
            continue;
        }
        fence_waits |= with_fence;
        if (&entries_[kept] != &entry) {
            entries_[kept] = std::move(entry);
        }
        ++kept;
    }
    entries_.resize(kept);
}

}  // namespace oriel::gpu
