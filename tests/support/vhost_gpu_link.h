// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/gpu_link.h"
#include "support/vhost_front_end.h"

namespace oriel::test {

/// A GpuDriver's way to a device behind vhost-user.
class VhostGpuLink final : public GpuLink {
public:
    enum class Where : uint8_t { kThisProcess, kAnother };

    VhostGpuLink(EventLoop& loop, const std::string& path, VhostFrontEnd::Style style,
                 Where where = Where::kThisProcess)
        : loop_{loop}, where_{where}, ram_{kRamBytes}, vmm_{loop, path, ram_, style} {
        begin();
    }
    /// With the RAM in that file.
    VhostGpuLink(EventLoop& loop, const std::string& path, VhostFrontEnd::Style style,
                 UniqueFd file)
        : loop_{loop},
          where_{Where::kThisProcess},
          ram_{std::move(file), kRamBytes},
          vmm_{loop, path, ram_, style} {
        begin();
    }

    [[nodiscard]] uint64_t allocate(uint64_t bytes) override { return ram_.allocate(bytes, 4096); }
    [[nodiscard]] std::span<std::byte> bytes(uint64_t address, uint64_t length) override {
        return ram_.at(address, length);
    }
    [[nodiscard]] Token submit(uint16_t queue, std::span<const std::byte> request,
                               uint32_t response_bytes) override {
        const DriverQueue::Buffer out{ram_.put(request), static_cast<uint32_t>(request.size())};
        std::vector<DriverQueue::Buffer> in;
        if (response_bytes > 0) {
            in.push_back({ram_.allocate(response_bytes), response_bytes});
        }
        DriverQueue& ring = vmm_.queue(queue);
        const uint16_t head = ring.add(std::span{&out, 1}, in);
        heads_[{queue, head}] = {++last_token_, response_bytes > 0 ? in.front().address : 0};
        if (kick_on_submit_ && ring.kick_wanted()) {
            vmm_.kick(queue);
        }
        return last_token_;
    }
    [[nodiscard]] bool answered(Token token) override {
        for (uint16_t queue = 0; queue < 2; ++queue) {
            while (const auto used = vmm_.queue(queue).take_used()) {
                const auto it = heads_.find({queue, static_cast<uint16_t>(used->head)});
                const auto bytes = ram_.at(it->second.response, used->length);
                answers_[it->second.token] = {bytes.begin(), bytes.end()};
                heads_.erase(it);
            }
        }
        return answers_.contains(token);
    }
    [[nodiscard]] std::optional<std::vector<std::byte>> poll(Token token) override {
        if (!answered(token)) {
            return std::nullopt;
        }
        waited_ms_ = 0;
        return std::move(answers_.extract(token).mapped());
    }
    bool pump() override {
        if (where_ == Where::kThisProcess) {
            return loop_.dispatch(Nanoseconds{0});
        }
        // A device that says nothing for 2 s has nothing to say.
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        return ++waited_ms_ < 2000;
    }
    void read_config(uint32_t offset, std::span<std::byte> bytes) override {
        vmm_.read_config(offset, bytes);
    }
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override {
        vmm_.write_config(offset, bytes);
    }

    /// As VhostFrontEnd does it; what is not answered never will be.
    void reset_driver() {
        vmm_.reset_driver();
        heads_.clear();
    }

    /// Off: whoever drives it kicks by itself.
    void kick_on_submit(bool yes) { kick_on_submit_ = yes; }

    [[nodiscard]] VhostFrontEnd& vmm() { return vmm_; }
    [[nodiscard]] GuestRam& ram() { return ram_; }

private:
    static constexpr size_t kRamBytes = size_t{256} << 20;

    void begin() {
        vmm_.realize();
        vmm_.start();
    }

    struct Pending {
        Token token = 0;
        uint64_t response = 0;  ///< where the answer goes; 0: none
    };

    EventLoop& loop_;
    const Where where_;
    int waited_ms_ = 0;
    GuestRam ram_;
    VhostFrontEnd vmm_;
    std::map<std::pair<uint16_t, uint16_t>, Pending> heads_;
    std::map<Token, std::vector<std::byte>> answers_;
    Token last_token_ = 0;
    bool kick_on_submit_ = true;
};

}  // namespace oriel::test
