// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "virtio/device.h"

namespace oriel::test {

/// A virtio device that answers each request with the request's own bytes: at once, or when told.
class EchoDevice final : public virtio::Device {
public:
    static constexpr uint16_t kQueueSize = 64;

    [[nodiscard]] uint16_t device_id() const override { return 16; }
    [[nodiscard]] uint64_t features() const override { return 1; }
    [[nodiscard]] uint16_t queue_count() const override { return 2; }
    [[nodiscard]] uint16_t queue_size_max(uint16_t) const override { return kQueueSize; }
    [[nodiscard]] bool stateless() const override { return keeps_nothing; }

    void read_config(uint32_t offset, std::span<std::byte> bytes) override {
        for (size_t i = 0; i < bytes.size() && offset + i < config.size(); ++i) {
            bytes[i] = config[offset + i];
        }
    }
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override {
        for (size_t i = 0; i < bytes.size() && offset + i < config.size(); ++i) {
            config[offset + i] = bytes[i];
        }
    }

    void kicked(uint16_t index) override {
        ++kicks;
        if (on_kick) {
            on_kick();
        }
        virtio::Chain chain;
        for (int taken = 0;; ++taken) {
            if (taken == most_a_turn) {
                transport().continue_later(index);
                return;
            }
            switch (transport().queue(index).pop(chain)) {
                case virtio::Virtqueue::Pop::kEmpty:
                    return;
                case virtio::Virtqueue::Pop::kError:
                    transport().needs_reset(transport().queue(index).error());
                    return;
                case virtio::Virtqueue::Pop::kChain:
                    if (hold) {
                        held.push_back({index, chain});
                    } else {
                        answer(index, chain);
                    }
            }
        }
    }
    /// Answers what was held, oldest first.
    void answer_held() {
        for (const Held& request : held) {
            answer(request.queue, request.chain);
        }
        held.clear();
    }
    void queue_stopping(uint16_t) override { answer_held(); }
    void queue_reset(uint16_t index) override {
        ++queue_resets;
        std::erase_if(held, [index](const Held& request) { return request.queue == index; });
    }
    void reset() override {
        ++resets;
        held.clear();
    }
    void change_config() { transport().config_changed(); }
    /// What a timer or a presenter does with a queue.
    void look_now(uint16_t index) { transport().look_now(index); }

    struct Held {
        uint16_t queue = 0;
        virtio::Chain chain;
    };
    bool keeps_nothing = true;
    bool hold = false;
    /// Requests that it takes before it puts the rest off.
    int most_a_turn = INT_MAX;
    std::function<void()> on_kick;
    std::vector<Held> held;
    int kicks = 0;
    int resets = 0;
    int queue_resets = 0;
    std::array<std::byte, 16> config{};

private:
    void answer(uint16_t index, const virtio::Chain& chain) {
        std::vector<std::byte> bytes(chain.readable_bytes);
        const bool readable = transport().queue(index).read(chain, 0, bytes);
        transport().queue(index).complete(chain, readable ? bytes : std::vector<std::byte>{});
        transport().signal_used(index);
    }
};

}  // namespace oriel::test
