// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace oriel::test {

/// How a GpuDriver reaches a device: guest memory to put things in, and queues. One implementation
/// has the device in the same process and no transport at all (DirectGpuLink).
class GpuLink {
public:
    /// A request on its way.
    using Token = uint64_t;

    GpuLink() = default;
    GpuLink(const GpuLink&) = delete;
    GpuLink& operator=(const GpuLink&) = delete;
    virtual ~GpuLink() = default;

    /// Guest memory, page-aligned and zero, never given back: the guest-physical address.
    [[nodiscard]] virtual uint64_t allocate(uint64_t bytes) = 0;
    /// Guest memory as the guest sees it.
    [[nodiscard]] virtual std::span<std::byte> bytes(uint64_t address, uint64_t length) = 0;

    /// Queues a request with room for `response_bytes` of answer and kicks.
    [[nodiscard]] virtual Token submit(uint16_t queue, std::span<const std::byte> request,
                                       uint32_t response_bytes) = 0;
    /// Takes the answer, as long as the device wrote it; nothing while it is not there.
    [[nodiscard]] virtual std::optional<std::vector<std::byte>> poll(Token token) = 0;
    [[nodiscard]] virtual bool answered(Token token) = 0;
    /// Lets the device work for a moment. False if there was nothing to do.
    virtual bool pump() = 0;

    /// Reads and writes device configuration.
    virtual void read_config(uint32_t offset, std::span<std::byte> bytes) = 0;
    virtual void write_config(uint32_t offset, std::span<const std::byte> bytes) = 0;
};

}  // namespace oriel::test
