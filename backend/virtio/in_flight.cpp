// SPDX-License-Identifier: MIT
#include "virtio/in_flight.h"

#include <algorithm>
#include <atomic>

namespace oriel::virtio {
namespace {

/// A process that ends leaves what it has stored, in order: only the compiler must not change that.
void store(uint64_t& word, uint64_t value) {
    std::atomic_ref{word}.store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

void InFlight::begin() {
    std::fill(words_.begin(), words_.end(), 0);
}

void InFlight::taken(uint16_t head) {
    if (keeps(head)) {
        store(words_[kCounter], words_[kCounter] + 1);
        store(words_[kHeads + head], words_[kCounter]);
    }
}

void InFlight::answering(uint16_t head) {
    if (keeps(head)) {
        store(words_[kAnswering], uint64_t{head} + 1);
    }
}

void InFlight::answered(uint16_t head, uint16_t used) {
    if (keeps(head)) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        store(words_[kHeads + head], 0);
        store(words_[kUsed], used);
        store(words_[kAnswering], 0);
    }
}

std::vector<uint16_t> InFlight::left(uint16_t used, uint16_t queue_size) {
    std::vector<uint16_t> heads;
    if (words_.empty()) {
        return heads;
    }
    // The ring has the answer, and only this does not know it yet.
    const auto answering = static_cast<uint16_t>(words_[kAnswering] - 1);
    if (words_[kAnswering] != 0 && used != words_[kUsed] && keeps(answering)) {
        store(words_[kHeads + answering], 0);
    }
    store(words_[kUsed], used);
    store(words_[kAnswering], 0);
    const size_t count = std::min<size_t>(queue_size, words_.size() - kHeads);
    heads.reserve(count);
    for (size_t head = 0; head < count; ++head) {
        if (words_[kHeads + head] != 0) {
            heads.push_back(static_cast<uint16_t>(head));
        }
    }
    std::sort(heads.begin(), heads.end(),
              [this](uint16_t a, uint16_t b) { return words_[kHeads + a] < words_[kHeads + b]; });
    return heads;
}

}  // namespace oriel::virtio
