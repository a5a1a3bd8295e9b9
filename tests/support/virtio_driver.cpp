// SPDX-License-Identifier: MIT
#include "support/virtio_driver.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "pci/config_space.h"

namespace oriel::test {

using namespace virtio;

VirtioDriver::VirtioDriver(VfioUserClient& client, GuestRam& ram)
    : client_{client}, ram_{ram}, probe_{PciProbe::of(client)} {
    for (const PciProbe::Place& place : {probe_.common, probe_.notify, probe_.isr, probe_.config}) {
        if (place.length == 0) {
            throw std::runtime_error{"the function lacks a virtio capability"};
        }
    }
    // Memory decoding and bus mastering.
    client_.write<uint16_t>(pci::RegionIndex::kConfig, pci::config::kCommand, 6);
    reset();
}

void VirtioDriver::reset() {
    write_common<uint8_t>(common::kDeviceStatus, 0);
    if (status() != 0) {
        throw std::runtime_error{"the device doesn't reset"};
    }
    queues_.clear();
    features_ = 0;
}

uint64_t VirtioDriver::negotiate(const Options& options) {
    write_common<uint8_t>(common::kDeviceStatus, kStatusAcknowledge);
    write_common<uint8_t>(common::kDeviceStatus, kStatusAcknowledge | kStatusDriver);
    uint64_t offered = 0;
    for (uint32_t half = 0; half < 2; ++half) {
        write_common<uint32_t>(common::kDeviceFeatureSelect, half);
        offered |= uint64_t{read_common<uint32_t>(common::kDeviceFeature)} << (32 * half);
    }
    uint64_t wanted = options.features;
    wanted &= options.event_index ? ~uint64_t{0} : ~kFeatureRingEventIdx;
    wanted &= options.indirect ? ~uint64_t{0} : ~kFeatureRingIndirectDesc;
    features_ = offered & wanted;
    for (uint32_t half = 0; half < 2; ++half) {
        write_common<uint32_t>(common::kDriverFeatureSelect, half);
        write_common<uint32_t>(common::kDriverFeature,
                               static_cast<uint32_t>(features_ >> (32 * half)));
    }
    write_common<uint8_t>(common::kDeviceStatus,
                          kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk);
    if ((status() & kStatusFeaturesOk) == 0) {
        throw std::runtime_error{fmt::format("the device refuses features {:#x}", features_)};
    }
    return features_;
}

void VirtioDriver::set_up_msix() {
    std::vector<int> fds;
    eventfds_.clear();
    for (uint32_t i = 0; i < probe_.msix_vectors; ++i) {
        eventfds_.emplace_back(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        fds.push_back(eventfds_.back().get());
    }
    client_.set_msix(0, fds);
    write_common<uint16_t>(common::kConfigVector, 0);
    if (read_common<uint16_t>(common::kConfigVector) != 0) {
        throw std::runtime_error{"the device refuses the configuration's vector"};
    }
    msix_ = true;
}

void VirtioDriver::set_up_queue(uint16_t index, uint16_t size) {
    write_common<uint16_t>(common::kQueueSelect, index);
    const auto maximum = read_common<uint16_t>(common::kQueueSize);
    if (maximum == 0) {
        throw std::runtime_error{fmt::format("there is no queue {}", index)};
    }
    if (size != 0) {
        write_common<uint16_t>(common::kQueueSize, size);
    }
    Queue& queue = queues_[index];
    queue = {};
    queue.ring = std::make_unique<DriverQueue>(
        ram_, DriverQueue::Options{.size = size != 0 ? size : maximum,
                                   .event_index = (features_ & kFeatureRingEventIdx) != 0});
    queue.notify_offset = probe_.notify.offset +
                          probe_.notify_multiplier * read_common<uint16_t>(common::kQueueNotifyOff);
    if (msix_) {
        write_common<uint16_t>(common::kQueueVector, static_cast<uint16_t>(index + 1));
    }
    // By halves, as drivers for PCI must.
    const auto write_address = [this](uint32_t field, uint64_t address) {
        write_common<uint32_t>(field, static_cast<uint32_t>(address));
        write_common<uint32_t>(field + 4, static_cast<uint32_t>(address >> 32));
    };
    write_address(common::kQueueDesc, queue.ring->descriptors());
    write_address(common::kQueueDriver, queue.ring->available_ring());
    write_address(common::kQueueDevice, queue.ring->used_ring());
    write_common<uint16_t>(common::kQueueEnable, 1);
}

void VirtioDriver::driver_ok() {
    write_common<uint8_t>(common::kDeviceStatus,
                          kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk | kStatusDriverOk);
}

void VirtioDriver::start(const Options& options) {
    reset();
    negotiate(options);
    msix_ = false;
    if (options.msix) {
        set_up_msix();
    }
    const auto count = read_common<uint16_t>(common::kNumQueues);
    for (uint16_t i = 0; i < count; ++i) {
        set_up_queue(i, options.queue_size);
    }
    driver_ok();
}

VirtioDriver::Slot VirtioDriver::take_slot(Queue& queue, size_t out, size_t in) {
    Slot slot;
    if (!queue.spare.empty()) {
        slot = queue.spare.back();
        queue.spare.pop_back();
    }
    const auto fit = [this](DriverQueue::Buffer& buffer, size_t bytes) {
        if (buffer.length < bytes) {
            buffer = {ram_.allocate(bytes), static_cast<uint32_t>(bytes)};
        }
    };
    fit(slot.out, out);
    fit(slot.in, in);
    return slot;
}

VirtioDriver::Ticket VirtioDriver::submit(uint16_t queue_index, std::span<const std::byte> out,
                                          uint32_t in_length) {
    Queue& queue = queues_.at(queue_index);
    collect(queue);
    const Slot slot = take_slot(queue, out.size(), in_length);
    std::copy(out.begin(), out.end(), ram_.at(slot.out.address, out.size()).begin());
    std::vector<DriverQueue::Buffer> readable;
    if (!out.empty()) {
        readable.push_back({slot.out.address, static_cast<uint32_t>(out.size())});
    }
    std::vector<DriverQueue::Buffer> writable;
    if (in_length > 0) {
        writable.push_back({slot.in.address, in_length});
    }
    const bool indirect = (features_ & kFeatureRingIndirectDesc) != 0;
    const uint16_t head = queue.ring->add(
        readable, writable, indirect ? DriverQueue::Table::kIndirect : DriverQueue::Table::kDirect);
    const uint64_t serial = next_serial_++;
    queue.pending[head] = {serial, slot};
    if (kick_on_submit_ && queue.ring->kick_wanted()) {
        kick(queue_index);
    }
    return {queue_index, head, serial};
}

void VirtioDriver::kick(uint16_t queue) {
    client_.write<uint16_t>(probe_.notify.bar, queues_.at(queue).notify_offset, queue);
}

void VirtioDriver::collect(Queue& queue) {
    while (const auto used = queue.ring->take_used()) {
        const auto pending = queue.pending.find(static_cast<uint16_t>(used->head));
        if (pending == queue.pending.end()) {
            throw std::runtime_error{
                fmt::format("the device used descriptor {}, which it wasn't given", used->head)};
        }
        const Slot& slot = pending->second.slot;
        const auto bytes = ram_.at(slot.in.address, std::min<size_t>(used->length, slot.in.length));
        queue.answers[pending->second.serial] = {bytes.begin(), bytes.end()};
        queue.spare.push_back(slot);
        queue.pending.erase(pending);
    }
}

std::optional<std::vector<std::byte>> VirtioDriver::poll(const Ticket& ticket) {
    Queue& queue = queues_.at(ticket.queue);
    collect(queue);
    const auto answer = queue.answers.find(ticket.serial);
    if (answer == queue.answers.end()) {
        return std::nullopt;
    }
    std::vector<std::byte> bytes = std::move(answer->second);
    queue.answers.erase(answer);
    return bytes;
}

std::vector<std::byte> VirtioDriver::wait(const Ticket& ticket,
                                          std::chrono::milliseconds patience) {
    std::optional<std::vector<std::byte>> answer;
    client_.run_until([&] { return (answer = poll(ticket)).has_value(); }, patience);
    if (!answer) {
        throw std::runtime_error{fmt::format("no answer to request {} of queue {} (status {:#x})",
                                             ticket.serial, ticket.queue, status())};
    }
    return std::move(*answer);
}

uint8_t VirtioDriver::status() {
    return read_common<uint8_t>(common::kDeviceStatus);
}

uint8_t VirtioDriver::isr() {
    return client_.read<uint8_t>(probe_.isr.bar, probe_.isr.offset);
}

int VirtioDriver::eventfd(uint32_t vector) const {
    return vector < eventfds_.size() ? eventfds_[vector].get() : -1;
}

uint64_t VirtioDriver::take_interrupts(uint32_t vector) {
    uint64_t count = 0;
    const ssize_t length = ::read(eventfd(vector), &count, sizeof count);
    return length == sizeof count ? count : 0;
}

bool VirtioDriver::wait_interrupt(uint32_t vector, std::chrono::milliseconds patience) {
    return client_.run_until([&] { return take_interrupts(vector) > 0; }, patience);
}

}  // namespace oriel::test
