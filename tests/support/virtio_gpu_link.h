// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>

#include "support/gpu_link.h"
#include "support/virtio_driver.h"

namespace oriel::test {

/// A GpuDriver's way to a device behind vfio-user: a whole VMM and virtio driver.
///
///     VirtioGpuLink link{loop, socket_path};     // the server is in this process
///     VirtioGpuLink link{socket_path};           // or in another one
///     GpuDriver driver{link};
class VirtioGpuLink final : public GpuLink {
public:
    struct Options {
        size_t ram_bytes = size_t{256} << 20;
        VirtioDriver::Options driver;
        /// /dev/udmabuf takes only memory that can't shrink: MemfdSeals::kFixedSize.
        MemfdSeals seals = MemfdSeals::kNone;
    };
    /// With the RAM in that file.
    VirtioGpuLink(EventLoop& loop, const std::string& path, UniqueFd file);
    VirtioGpuLink(EventLoop& loop, const std::string& path, const Options& options);
    VirtioGpuLink(EventLoop& loop, const std::string& path)
        : VirtioGpuLink{loop, path, Options{}} {}
    VirtioGpuLink(const std::string& path, const Options& options);
    explicit VirtioGpuLink(const std::string& path) : VirtioGpuLink{path, Options{}} {}

    [[nodiscard]] uint64_t allocate(uint64_t bytes) override;
    [[nodiscard]] std::span<std::byte> bytes(uint64_t address, uint64_t length) override;
    [[nodiscard]] Token submit(uint16_t queue, std::span<const std::byte> request,
                               uint32_t response_bytes) override;
    [[nodiscard]] std::optional<std::vector<std::byte>> poll(Token token) override;
    [[nodiscard]] bool answered(Token token) override;
    bool pump() override;
    void read_config(uint32_t offset, std::span<std::byte> bytes) override;
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override;

    [[nodiscard]] VfioUserClient& vmm() { return *vmm_; }
    [[nodiscard]] VirtioDriver& driver() { return *driver_; }
    [[nodiscard]] GuestRam& ram() { return ram_; }

private:
    struct Request {
        VirtioDriver::Ticket ticket;
        std::optional<std::vector<std::byte>> answer;
    };

    void attach(const Options& options);

    GuestRam ram_;
    std::unique_ptr<VfioUserClient> vmm_;
    std::unique_ptr<VirtioDriver> driver_;
    EventLoop* loop_;  // null: the server is in another process
    std::map<Token, Request> requests_;
    Token last_token_ = 0;
};

}  // namespace oriel::test
