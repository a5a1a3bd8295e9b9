// SPDX-License-Identifier: MIT
#include "support/virtio_gpu_link.h"

#include <utility>

namespace oriel::test {

VirtioGpuLink::VirtioGpuLink(EventLoop& loop, const std::string& path, const Options& options)
    : ram_{options.ram_bytes, 0, options.seals},
      vmm_{std::make_unique<VfioUserClient>(loop, path)},
      loop_{&loop} {
    attach(options);
}

VirtioGpuLink::VirtioGpuLink(EventLoop& loop, const std::string& path, UniqueFd file)
    : ram_{std::move(file), Options{}.ram_bytes},
      vmm_{std::make_unique<VfioUserClient>(loop, path)},
      loop_{&loop} {
    attach(Options{});
}

VirtioGpuLink::VirtioGpuLink(const std::string& path, const Options& options)
    : ram_{options.ram_bytes, 0, options.seals},
      vmm_{std::make_unique<VfioUserClient>(path)},
      loop_{nullptr} {
    attach(options);
}

void VirtioGpuLink::attach(const Options& options) {
    vmm_->negotiate();
    vmm_->dma_map(ram_.address(), ram_.size(), ram_.fd());
    driver_ = std::make_unique<VirtioDriver>(*vmm_, ram_);
    driver_->start(options.driver);
}

uint64_t VirtioGpuLink::allocate(uint64_t bytes) {
    return ram_.allocate(bytes, 4096);
}

std::span<std::byte> VirtioGpuLink::bytes(uint64_t address, uint64_t length) {
    return ram_.at(address, length);
}

GpuLink::Token VirtioGpuLink::submit(uint16_t queue, std::span<const std::byte> request,
                                     uint32_t response_bytes) {
    requests_[++last_token_].ticket = driver_->submit(queue, request, response_bytes);
    return last_token_;
}

bool VirtioGpuLink::answered(Token token) {
    Request& request = requests_.at(token);
    if (!request.answer) {
        request.answer = driver_->poll(request.ticket);
    }
    return request.answer.has_value();
}

std::optional<std::vector<std::byte>> VirtioGpuLink::poll(Token token) {
    if (!answered(token)) {
        return std::nullopt;
    }
    std::vector<std::byte> answer = std::move(*requests_.at(token).answer);
    requests_.erase(token);
    return answer;
}

bool VirtioGpuLink::pump() {
    if (loop_ != nullptr) {
        return loop_->dispatch(Nanoseconds{0});
    }
    // What a driver waits for: the control queue's interrupt. A device that says nothing for so
    // long has nothing to say.
    return driver_->wait_interrupt(1, std::chrono::seconds{2});
}

void VirtioGpuLink::read_config(uint32_t offset, std::span<std::byte> bytes) {
    const auto& place = driver_->probe().config;
    vmm_->read_region(place.bar, place.offset + offset, bytes);
}

void VirtioGpuLink::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    const auto& place = driver_->probe().config;
    vmm_->write_region(place.bar, place.offset + offset, bytes);
}

}  // namespace oriel::test
