// SPDX-License-Identifier: MIT
#include "support/vhost_front_end.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "net/local_socket.h"
#include "support/bytes.h"
#include "support/fd_passing.h"
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

uint64_t take(const UniqueFd& eventfd) {
    uint64_t count = 0;
    return ::read(eventfd.get(), &count, sizeof count) == sizeof count ? count : 0;
}

}  // namespace

VhostFrontEnd::VhostFrontEnd(EventLoop& loop, const std::string& path, GuestRam& ram, Style style)
    : loop_{loop}, ram_{ram}, style_{style} {
    connect(path);
}

void VhostFrontEnd::connect(const std::string& path) {
    auto socket = connect_local(path);
    if (!socket) {
        throw std::runtime_error{socket.error().message()};
    }
    socket_ = std::move(*socket);
    settle();
}

void VhostFrontEnd::settle() {
    for (int idle = 0; idle < 2;) {
        idle = loop_.dispatch(Nanoseconds{0}) ? 0 : idle + 1;
    }
}

bool VhostFrontEnd::run_until(const std::function<bool()>& done) {
    for (int idle = 0; !done(); ++idle) {
        if (idle > 2000) {
            return false;
        }
        if (loop_.dispatch(Nanoseconds{0}) || loop_.dispatch(Nanoseconds{1'000'000})) {
            idle = 0;
        }
    }
    return true;
}

void VhostFrontEnd::send_raw(std::span<const std::byte> bytes, std::span<const int> fds) {
    const ssize_t sent = send_with_fds(socket_.get(), bytes, fds);
    if (sent != static_cast<ssize_t>(bytes.size())) {
        throw std::runtime_error{fmt::format("send to the server: {}", std::strerror(errno))};
    }
}

void VhostFrontEnd::send(Command command, std::span<const std::byte> payload,
                         std::span<const int> fds, uint32_t flags) {
    const Header header{.request = static_cast<uint32_t>(command),
                        .flags = kVersion | flags,
                        .size = static_cast<uint32_t>(payload.size())};
    send_raw(joined(bytes_of(header), payload), fds);
    settle();
}

std::optional<VhostFrontEnd::Reply> VhostFrontEnd::receive() {
    std::optional<Reply> reply;
    run_until([&] {
        std::array<std::byte, 4096> bytes;
        const ssize_t length = receive_with_fd(socket_.get(), bytes, received_fd_);
        if (length > 0) {
            received_.insert(received_.end(), bytes.begin(), bytes.begin() + length);
        }
        eof_ |= length == 0 || (length < 0 && errno == ECONNRESET);
        ByteReader reader{received_};
        const auto header = reader.read<Header>();
        const auto payload = header ? reader.take(header->size) : std::nullopt;
        if (payload) {
            reply = Reply{*header, {payload->begin(), payload->end()}, std::move(received_fd_)};
            received_.erase(
                received_.begin(),
                received_.begin() + static_cast<ptrdiff_t>(sizeof(Header)) + header->size);
        }
        return reply || eof_;
    });
    return reply;
}

bool VhostFrontEnd::closed_by_server() {
    static_cast<void>(receive());
    return eof_;
}

VhostFrontEnd::Reply VhostFrontEnd::call(Command command, std::span<const std::byte> payload,
                                         std::span<const int> fds, uint32_t flags) {
    send(command, payload, fds, flags);
    auto reply = receive();
    const auto number = static_cast<uint32_t>(command);
    if (!reply) {
        throw std::runtime_error{fmt::format("no reply to request {}", number)};
    }
    if (reply->header.request != number || reply->header.flags != (kVersion | kFlagReply)) {
        throw std::runtime_error{fmt::format("the reply to request {} is of {}, flags {:#x}",
                                             number, reply->header.request, reply->header.flags)};
    }
    return std::move(*reply);
}

uint64_t VhostFrontEnd::acknowledged(Command command, std::span<const std::byte> payload,
                                     std::span<const int> fds) {
    return call(command, payload, fds, kFlagNeedReply).as<uint64_t>();
}

void VhostFrontEnd::say(Command command, std::span<const std::byte> payload,
                        std::span<const int> fds, bool replied_by_qemu7) {
    const bool replied = style_ == Style::kQemu11 || (style_ == Style::kQemu7 && replied_by_qemu7);
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

void VhostFrontEnd::realize() {
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
    const auto open_channel = [this] {
        const UniqueFd theirs = new_pair(channel_);
        say(Command::kSetBackendReqFd, {}, std::array{theirs.get()}, true);
    };
    if (crosvm) {
        open_channel();
    }
    if (number(Command::kGetQueueNum) < rings_.size()) {
        throw std::runtime_error{"there are too few queues"};
    }
    for (Ring& ring : rings_) {
        ring.kick = new_eventfd();
        ring.call = new_eventfd();
        ring.error = new_eventfd();
    }
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

void VhostFrontEnd::send_ring(uint16_t index) {
    Ring& ring = rings_[index];
    if (!ring.queue) {
        ring.queue = std::make_unique<DriverQueue>(
            ram_,
            DriverQueue::Options{.size = kRingSize,
                                 .event_index = (features_ & virtio::kFeatureRingEventIdx) != 0});
    }
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

void VhostFrontEnd::start() {
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
        for (uint16_t i = 0; i < rings_.size(); ++i) {
            say_state(Command::kSetVringEnable, i, 1);
        }
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
    for (uint32_t i = 0; i < rings_.size(); ++i) {
        say_state(Command::kSetVringEnable, i, 0);
    }
    for (uint32_t i = 0; i < rings_.size(); ++i) {
        rings_[i].base = static_cast<uint16_t>(
            call(Command::kGetVringBase, bytes_of(VringState{i, 0})).as<VringState>().number);
    }
    gpu_socket_.reset();
    if (style_ == Style::kQemu11) {
        send(Command::kSetStatus, bytes_of(uint64_t{0}));
    }
}

void VhostFrontEnd::reset_driver() {
    stop();
    if (style_ == Style::kQemu11) {
        send(Command::kResetDevice);
        send(Command::kResetDevice);
    }
    for (Ring& ring : rings_) {
        ring.queue.reset();
        ring.base = 0;
    }
}

void VhostFrontEnd::read_config(uint32_t offset, std::span<std::byte> bytes) {
    const ConfigHead head{offset, static_cast<uint32_t>(bytes.size()), 0};
    const Reply reply = call(Command::kGetConfig, joined(bytes_of(head), bytes));
    if (reply.payload.size() != sizeof head + bytes.size()) {
        throw std::runtime_error{"the configuration's size is wrong"};
    }
    std::memcpy(bytes.data(), reply.payload.data() + sizeof head, bytes.size());
}

void VhostFrontEnd::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    const ConfigHead head{offset, static_cast<uint32_t>(bytes.size()), 0};
    say(Command::kSetConfig, joined(bytes_of(head), bytes), {}, true);
}

void VhostFrontEnd::kick(uint16_t queue) const {
    const uint64_t one = 1;
    // What is no eventfd any more takes nothing, which some tests want.
    [[maybe_unused]] const ssize_t taken = ::write(rings_.at(queue).kick.get(), &one, sizeof one);
}

uint64_t VhostFrontEnd::take_calls(uint16_t queue) const {
    return take(rings_.at(queue).call);
}

uint64_t VhostFrontEnd::take_errors(uint16_t queue) const {
    return take(rings_.at(queue).error);
}

size_t VhostFrontEnd::take_config_changes() {
    settle();
    Header header;
    size_t changes = 0;
    while (::recv(channel_.get(), &header, sizeof header, MSG_DONTWAIT) ==
           static_cast<ssize_t>(sizeof header)) {
        if (header.request != kBackendConfigChange || header.flags != kVersion ||
            header.size != 0) {
            throw std::runtime_error{"the back end sends what is no change of the configuration"};
        }
        ++changes;
    }
    return changes;
}

}  // namespace oriel::test
