// SPDX-License-Identifier: MIT
// In which order each VMM says what, as its sources have it.
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "support/bytes.h"
#include "support/vhost_front_end.h"
#include "virtio/device.h"

namespace oriel::test {

using namespace vhost_user;

namespace {

constexpr uint16_t kRingSize = 64;

UniqueFd new_eventfd() {
    return UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}

/// The other end is returned.
UniqueFd new_pair(UniqueFd& ours) {
    std::array<int, 2> ends{};
    static_cast<void>(
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()));
    ours.reset(ends[0]);
    return UniqueFd{ends[1]};
}

}  // namespace

void VhostFrontEnd::say(Command command, std::span<const std::byte> payload,
                        std::span<const int> fds, bool replied_by_qemu7) {
    const bool replied = style_ == Style::kQemu11 || style_ == Style::kCloudHypervisor ||
                         (style_ == Style::kQemu7 && replied_by_qemu7);
    if (!replied) {
        send(command, payload, fds);
    } else if (acknowledged(command, payload, fds) != 0) {
        throw std::runtime_error{
            fmt::format("request {} is refused", static_cast<uint32_t>(command))};
    }
}

void VhostFrontEnd::say_state(Command command, uint32_t index, uint32_t number) {
    // NUM and BASE are never acknowledged.
    if (command == Command::kSetVringEnable) {
        say(command, bytes_of(VringState{index, number}));
    } else {
        send(command, bytes_of(VringState{index, number}));
    }
}

void VhostFrontEnd::say_fd(Command command, uint32_t index, int fd) {
    say(command, bytes_of(uint64_t{index}), std::array{fd});
}

void VhostFrontEnd::open_channel() {
    const UniqueFd theirs = new_pair(channel_);
    say(Command::kSetBackendReqFd, {}, std::array{theirs.get()}, true);
}

void VhostFrontEnd::make_eventfds() {
    for (Ring& ring : rings_) {
        ring.kick = new_eventfd();
        ring.call = new_eventfd();
        ring.error = new_eventfd();
    }
}

void VhostFrontEnd::realize() {
    if (style_ == Style::kCloudHypervisor) {
        realize_cloud_hypervisor();
        return;
    }
    constexpr uint64_t kCrosvmKnows =
        kProtocolConfig | kProtocolMq | kProtocolBackendReq | kProtocolReplyAck;
    const bool crosvm = style_ == Style::kCrosvm;
    if (crosvm) {
        send(Command::kSetOwner);
    }
    features_ = number(Command::kGetFeatures);
    uint64_t protocol = number(Command::kGetProtocolFeatures);
    protocol &= crosvm ? kCrosvmKnows : ~uint64_t{0};
    send(Command::kSetProtocolFeatures, bytes_of(protocol));
    if (crosvm) {
        open_channel();
    }
    if (number(Command::kGetQueueNum) < rings_.size()) {
        throw std::runtime_error{"there are too few queues"};
    }
    make_eventfds();
    if (crosvm) {
        return;
    }
    static_cast<void>(number(Command::kGetMaxMemSlots));
    open_channel();
    send(Command::kSetOwner);
    static_cast<void>(number(Command::kGetFeatures));
    for (uint32_t i = 0; i < rings_.size(); ++i) {
        say_fd(Command::kSetVringCall, i, rings_[i].call.get());
        say_fd(Command::kSetVringErr, i, rings_[i].error.get());
    }
    if (style_ == Style::kQemu11) {
        send(Command::kResetDevice);
        send(Command::kResetDevice);
    }
}

MemoryRegion VhostFrontEnd::region() const {
    return {ram_.address(), ram_.size(), user_address(ram_.address()), 0};
}

void VhostFrontEnd::send_memory() {
    if (style_ == Style::kQemu11) {
        // With slots only differences are sent.
        if (!std::exchange(memory_sent_, true)) {
            say(Command::kAddMemReg, bytes_of(SingleRegion{0, region()}), std::array{ram_.fd()});
        }
        return;
    }
    say(Command::kSetMemTable, joined(bytes_of(MemoryTableHead{1, 0}), bytes_of(region())),
        std::array{ram_.fd()}, true);
}

VringAddresses VhostFrontEnd::addresses(uint16_t index) const {
    const DriverQueue& queue = *rings_[index].queue;
    return {.index = index,
            .flags = 0,
            .descriptors = user_address(queue.descriptors()),
            .used = user_address(queue.used_ring()),
            .available = user_address(queue.available_ring()),
            .log = 0};
}

void VhostFrontEnd::make_ring(uint16_t index) {
    Ring& ring = rings_[index];
    if (!ring.queue) {
        ring.queue = std::make_unique<DriverQueue>(
            ram_,
            DriverQueue::Options{.size = kRingSize,
                                 .event_index = (features_ & virtio::kFeatureRingEventIdx) != 0});
    }
}

void VhostFrontEnd::send_ring(uint16_t index) {
    make_ring(index);
    Ring& ring = rings_[index];
    say_state(Command::kSetVringNum, index, kRingSize);
    if (style_ == Style::kCrosvm) {
        send(Command::kSetVringAddr, bytes_of(addresses(index)));
        say_state(Command::kSetVringBase, index, ring.base);
        say_fd(Command::kSetVringCall, index, ring.call.get());
        say_fd(Command::kSetVringKick, index, ring.kick.get());
        say_state(Command::kSetVringEnable, index, 1);
        return;
    }
    say_state(Command::kSetVringBase, index, ring.base);
    send(Command::kSetVringAddr, bytes_of(addresses(index)));
    say_fd(Command::kSetVringKick, index, ring.kick.get());
    if (style_ == Style::kQemu11) {
        say_fd(Command::kSetVringCall, index, ring.call.get());
    }
}

void VhostFrontEnd::enable_rings(uint32_t on) {
    for (uint16_t i = 0; i < rings_.size(); ++i) {
        say_state(Command::kSetVringEnable, i, on);
    }
}

void VhostFrontEnd::start() {
    if (style_ == Style::kCloudHypervisor) {
        start_cloud_hypervisor();
        return;
    }
    if (style_ == Style::kQemu7) {
        const UniqueFd theirs = new_pair(gpu_socket_);
        send(Command::kGpuSetSocket, {}, std::array{theirs.get()});
    }
    send(Command::kSetFeatures, bytes_of(driver_features()));
    add_status(kStatusFeaturesOk);
    send_memory();
    for (uint16_t i = 0; i < rings_.size(); ++i) {
        send_ring(i);
    }
    if (style_ != Style::kCrosvm) {
        enable_rings(1);
        for (uint16_t i = 0; i < rings_.size(); ++i) {
            say_fd(Command::kSetVringCall, i, rings_[i].call.get());
        }
    }
    constexpr uint64_t kDriving = 1 | 2 | 4;
    add_status(kDriving);
}

uint64_t VhostFrontEnd::driver_features() const {
    const uint64_t features = features_ & ~kFeatureLogAll;
    // What QEMU's device offers, it passes on; what it doesn't know, it doesn't.
    return style_ == Style::kQemu7 ? (features & ~uint64_t{0x3c}) | virtio::kFeatureRingReset
                                   : features;
}

void VhostFrontEnd::add_status(uint64_t bits) {
    if (style_ == Style::kQemu11) {
        send(Command::kSetStatus, bytes_of(number(Command::kGetStatus) | bits));
    }
}

void VhostFrontEnd::log_writes(int file, uint64_t size) {
    static_cast<void>(
        call(Command::kSetLogBase, bytes_of(LogArea{size, 0}), std::array{file}).as<uint64_t>());
    send(Command::kSetFeatures, bytes_of(driver_features() | kFeatureLogAll));
    for (uint16_t i = 0; i < rings_.size(); ++i) {
        VringAddresses logged = addresses(i);
        logged.flags = 1;
        logged.log = rings_[i].queue->used_ring();
        send(Command::kSetVringAddr, bytes_of(logged));
    }
}

void VhostFrontEnd::stop_log() {
    send(Command::kSetFeatures, bytes_of(driver_features()));
    for (uint16_t i = 0; i < rings_.size(); ++i) {
        send(Command::kSetVringAddr, bytes_of(addresses(i)));
    }
}

UniqueFd VhostFrontEnd::make_in_flight(InFlightArea& area) {
    area = {.queues = static_cast<uint16_t>(rings_.size()), .queue_size = kRingSize};
    Reply reply = call(Command::kGetInflightFd, bytes_of(area));
    area = reply.as<InFlightArea>();
    return std::move(reply.fd);
}

void VhostFrontEnd::go_on_from(const VhostFrontEnd& before) {
    for (size_t i = 0; i < rings_.size(); ++i) {
        rings_[i].queue = std::make_unique<DriverQueue>(*before.rings_[i].queue);
        // All that a front end knows of a back end that is gone: what was answered.
        rings_[i].base = rings_[i].queue->used_index();
    }
}

void VhostFrontEnd::stop() {
    enable_rings(0);
    if (style_ == Style::kCloudHypervisor) {
        paused_ = true;  // that is all
        return;
    }
    stop_rings();
    gpu_socket_.reset();
    if (style_ == Style::kQemu11) {
        send(Command::kSetStatus, bytes_of(uint64_t{0}));
    }
}

void VhostFrontEnd::stop_rings() {
    for (uint32_t i = 0; i < rings_.size(); ++i) {
        rings_[i].base = static_cast<uint16_t>(
            call(Command::kGetVringBase, bytes_of(VringState{i, 0})).as<VringState>().number);
    }
}

void VhostFrontEnd::reset_driver() {
    stop();
    if (std::exchange(paused_, false)) {
        stop_rings();
    }
    if (style_ == Style::kQemu11) {
        send(Command::kResetDevice);
        send(Command::kResetDevice);
    }
    for (Ring& ring : rings_) {
        ring.queue.reset();
        ring.base = 0;
    }
}

void VhostFrontEnd::demand(Command command, std::span<const std::byte> payload,
                           std::span<const int> fds) {
    if (acknowledged(command, payload, fds) != 0) {
        throw std::runtime_error{
            fmt::format("request {} is refused", static_cast<uint32_t>(command))};
    }
}

void VhostFrontEnd::realize_cloud_hypervisor() {
    // DEFAULT_VIRTIO_FEATURES: of the rings, the order and the protocol. EDID and blobs are bits of
    // the device's own.
    constexpr uint64_t kKnows = virtio::kFeatureRingIndirectDesc | virtio::kFeatureRingEventIdx |
                                kFeatureProtocolFeatures | virtio::kFeatureVersion1 |
                                uint64_t{1} << 35 | uint64_t{1} << 36 | uint64_t{1} << 38;
    constexpr uint64_t kProtocolDeviceState = uint64_t{1} << 19;
    constexpr uint64_t kProtocolKnows =
        kProtocolConfig | kProtocolMq | kProtocolConfigureMemSlots | kProtocolReplyAck |
        kProtocolInflightShmfd | kProtocolLogShmfd | kProtocolDeviceState | kProtocolBackendReq;
    send(Command::kSetOwner);
    features_ = number(Command::kGetFeatures) & kKnows;
    const uint64_t protocol = number(Command::kGetProtocolFeatures) & kProtocolKnows;
    send(Command::kSetProtocolFeatures, bytes_of(protocol));
    if (call(Command::kGetQueueNum, {}, {}, kFlagNeedReply).as<uint64_t>() < rings_.size()) {
        throw std::runtime_error{"there are too few queues"};
    }
    make_eventfds();
}

void VhostFrontEnd::start_cloud_hypervisor() {
    if (std::exchange(paused_, false)) {
        enable_rings(1);
        return;
    }
    demand(Command::kSetFeatures, bytes_of(driver_features()));
    send_memory();
    for (uint16_t i = 0; i < rings_.size(); ++i) {
        make_ring(i);
        demand(Command::kSetVringNum, bytes_of(VringState{i, kRingSize}));
    }
    if (!in_flight_file_) {
        in_flight_ = {.queues = static_cast<uint16_t>(rings_.size()), .queue_size = 256};
        Reply reply = call(Command::kGetInflightFd, bytes_of(in_flight_), {}, kFlagNeedReply);
        in_flight_ = reply.as<InFlightArea>();
        in_flight_file_ = std::move(reply.fd);
    }
    demand(Command::kSetInflightFd, bytes_of(in_flight_), std::array{in_flight_file_.get()});
    for (uint16_t i = 0; i < rings_.size(); ++i) {
        demand(Command::kSetVringAddr, bytes_of(addresses(i)));
        demand(Command::kSetVringBase, bytes_of(VringState{i, rings_[i].queue->available_index()}));
        say_fd(Command::kSetVringCall, i, rings_[i].call.get());
        say_fd(Command::kSetVringKick, i, rings_[i].kick.get());
    }
    enable_rings(1);
    open_channel();
}

}  // namespace oriel::test
