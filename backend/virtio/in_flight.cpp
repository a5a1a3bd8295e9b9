// SPDX-License-Identifier: MIT
#include "virtio/in_flight.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace oriel::virtio {
namespace {

/// A process that ends leaves what it has stored, in order: only the compiler must not change that.
template <class T>
void store(T& field, T value) {
    std::atomic_ref{field}.store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

template <class T>
T load(T& field) {
    return std::atomic_ref{field}.load(std::memory_order_acquire);
}

}  // namespace

InFlight InFlight::shared(std::span<std::byte> bytes) {
    InFlight kept;
    kept.shared_ = static_cast<Shared*>(static_cast<void*>(bytes.data()));
    kept.entries_ = {static_cast<Shared::Entry*>(static_cast<void*>(bytes.data() + sizeof(Shared))),
                     (bytes.size() - sizeof(Shared)) / sizeof(Shared::Entry)};
    return kept;
}

void InFlight::begin(uint16_t used) {
    if (shared_ == nullptr) {
        std::fill(words_.begin(), words_.end(), 0);
        if (!words_.empty()) {
            words_[kUsed] = used;
        }
        return;
    }
    std::memset(entries_.data(), 0, entries_.size_bytes());
    *shared_ = {.features = 0,
                .version = Shared::kVersion,
                .entries = static_cast<uint16_t>(entries_.size()),
                .last_head = 0,
                .used = used};
    counter_ = 0;
}

uint64_t InFlight::number(size_t head) const {
    if (shared_ == nullptr) {
        return words_[kHeads + head];
    }
    Shared::Entry& entry = entries_[head];
    return load(entry.in_flight) != 0 ? std::max<uint64_t>(load(entry.counter), 1) : 0;
}

void InFlight::taken(uint16_t head) {
    if (!keeps(head)) {
        return;
    }
    if (shared_ != nullptr) {
        store(entries_[head].counter, ++counter_);
        store(entries_[head].in_flight, uint8_t{1});
    } else {
        store(words_[kCounter], words_[kCounter] + 1);
        store(words_[kHeads + head], words_[kCounter]);
    }
}

void InFlight::answering(uint16_t head) {
    if (!keeps(head)) {
        return;
    }
    if (shared_ != nullptr) {
        store(shared_->last_head, head);
    } else {
        store(words_[kAnswering], uint64_t{head} + 1);
    }
}

void InFlight::answered(uint16_t head, uint16_t used) {
    if (!keeps(head)) {
        return;
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (shared_ != nullptr) {
        store(entries_[head].in_flight, uint8_t{0});
        store(shared_->used, used);
    } else {
        store(words_[kHeads + head], uint64_t{0});
        store(words_[kUsed], uint64_t{used});
        store(words_[kAnswering], uint64_t{0});
    }
}

/// The ring may have an answer that only this does not know yet.
void InFlight::settle(uint16_t used) {
    if (shared_ != nullptr) {
        const uint16_t answering = load(shared_->last_head);
        if (used != load(shared_->used) && keeps(answering)) {
            store(entries_[answering].in_flight, uint8_t{0});
        }
        store(shared_->used, used);
        return;
    }
    const auto answering = static_cast<uint16_t>(words_[kAnswering] - 1);
    if (words_[kAnswering] != 0 && used != words_[kUsed] && keeps(answering)) {
        store(words_[kHeads + answering], uint64_t{0});
    }
    store(words_[kUsed], uint64_t{used});
    store(words_[kAnswering], uint64_t{0});
}

std::vector<uint16_t> InFlight::left(uint16_t used, uint16_t queue_size) {
    std::vector<uint16_t> heads;
    if (shared_ == nullptr && words_.empty()) {
        return heads;
    }
    settle(used);
    // Numbers are read once: a shared one may change while they are sorted.
    std::vector<std::pair<uint64_t, uint16_t>> found;
    for (uint16_t head = 0; head < queue_size && keeps(head); ++head) {
        if (const uint64_t order = number(head); order != 0) {
            found.emplace_back(order, head);
            counter_ = std::max(counter_, order);
        }
    }
    std::sort(found.begin(), found.end());
    heads.reserve(found.size());
    for (const auto& [order, head] : found) {
        heads.push_back(head);
    }
    return heads;
}

}  // namespace oriel::virtio
