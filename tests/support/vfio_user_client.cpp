// SPDX-License-Identifier: MIT
#include "support/vfio_user_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "support/bytes.h"
#include "support/fd_passing.h"

namespace oriel::test {

using namespace vfio_user;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kQemuCapabilities =
    R"({"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, )"
    R"("max_data_xfer_size": 1048576, "migration": {"max_bitmap_size": 268435456, )"
    R"("pgsize": 4096}, "write_multiple": true}})";

constexpr milliseconds kTurn{1};

UniqueFd connect_to(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error{"socket path is too long: " + path};
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error{fmt::format("connect to {}: {}", path, std::strerror(errno))};
    }
    return fd;
}

}  // namespace

VfioUserClient::VfioUserClient(EventLoop& loop, const std::string& path)
    : loop_{&loop}, socket_{connect_to(path)} {
    settle();
}

VfioUserClient::VfioUserClient(const std::string& path) : socket_{connect_to(path)} {}

bool VfioUserClient::run_until(const std::function<bool()>& done, milliseconds patience) {
    // Turns in which nothing happened, a millisecond each: real time, whatever clock the loop has.
    auto idle = milliseconds::zero();
    while (!done()) {
        if (idle >= patience) {
            return false;
        }
        if (loop_ != nullptr) {
            const bool ran = loop_->dispatch(Nanoseconds{0}) || loop_->dispatch(kTurn);
            idle = ran ? milliseconds::zero() : idle + kTurn;
        } else {
            pollfd wait{socket_.get(), POLLIN, 0};
            ::poll(&wait, 1, static_cast<int>(kTurn.count()));
            idle += kTurn;
        }
    }
    return true;
}

void VfioUserClient::settle() {
    // Two turns without work: what a deferred call defers runs in the next one.
    for (int idle = 0; loop_ != nullptr && idle < 2;) {
        idle = loop_->dispatch(Nanoseconds{0}) ? 0 : idle + 1;
    }
}

bool VfioUserClient::take_bytes() {
    std::array<std::byte, 65536> bytes;
    const ssize_t length = receive_with_fds(socket_.get(), bytes, received_fds_);
    if (length <= 0) {
        eof_ |= length == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    received_.insert(received_.end(), bytes.begin(), bytes.begin() + length);
    return true;
}

std::optional<VfioUserClient::Reply> VfioUserClient::take_reply() {
    while (take_bytes()) {
    }
    ByteReader reader{received_};
    const auto header = reader.read<Header>();
    if (!header || header->size < sizeof(Header)) {
        return std::nullopt;
    }
    const auto payload = reader.take(header->size - sizeof(Header));
    if (!payload) {
        return std::nullopt;
    }
    Reply reply{*header, {payload->begin(), payload->end()}, std::move(received_fds_)};
    received_fds_.clear();
    received_.erase(received_.begin(), received_.begin() + header->size);
    return reply;
}

std::optional<VfioUserClient::Reply> VfioUserClient::receive(milliseconds patience) {
    std::optional<Reply> reply;
    run_until(
        [&] {
            reply = take_reply();
            return reply || eof_;
        },
        patience);
    return reply;
}

bool VfioUserClient::closed_by_server() {
    run_until(
        [&] {
            while (take_bytes()) {
            }
            return eof_;
        },
        milliseconds{200});
    return eof_;
}

void VfioUserClient::send_raw(std::span<const std::byte> bytes, std::span<const int> fds) {
    while (!bytes.empty()) {
        const ssize_t sent =
            send_with_fds(socket_.get(), bytes, fds, loop_ != nullptr ? MSG_DONTWAIT : 0);
        if (sent < 0 && errno == EAGAIN) {
            // A server in this process has to read before there is room.
            if (!loop_->dispatch(Nanoseconds{0}) && !loop_->dispatch(kTurn)) {
                throw std::runtime_error{"the server doesn't read what is sent to it"};
            }
            continue;
        }
        if (sent < 0) {
            throw std::runtime_error{fmt::format("send to the server: {}", std::strerror(errno))};
        }
        bytes = bytes.subspan(static_cast<size_t>(sent));
        fds = {};
    }
}

uint16_t VfioUserClient::send(Command command, std::span<const std::byte> payload,
                              std::span<const int> fds, uint32_t flags) {
    const Header header{.id = next_id_++,
                        .command = static_cast<uint16_t>(command),
                        .size = static_cast<uint32_t>(sizeof(Header) + payload.size()),
                        .flags = kTypeCommand | flags,
                        .error = 0};
    send_raw(joined(bytes_of(header), payload), fds);
    return header.id;
}

VfioUserClient::Reply VfioUserClient::call(Command command, std::span<const std::byte> payload,
                                           std::span<const int> fds) {
    const uint16_t id = send(command, payload, fds);
    std::optional<Reply> reply = receive();
    const auto number = static_cast<unsigned>(command);
    if (!reply) {
        throw std::runtime_error{fmt::format("no reply to command {}{}", number,
                                             eof_ ? ": the server closed the connection" : "")};
    }
    if (reply->header.id != id || reply->header.command != static_cast<uint16_t>(command) ||
        (reply->header.flags & kTypeMask) != kTypeReply) {
        throw std::runtime_error{
            fmt::format("the reply to command {} (id {}) is of command {}, id "
                        "{}, flags {:#x}",
                        number, id, reply->header.command, reply->header.id, reply->header.flags)};
    }
    return std::move(*reply);
}

VfioUserClient::Reply VfioUserClient::expect(Command command, std::span<const std::byte> payload,
                                             std::span<const int> fds) {
    Reply reply = call(command, payload, fds);
    if (reply.error() != 0) {
        throw ErrorReply{fmt::format("command {}: {}", static_cast<unsigned>(command),
                                     std::strerror(reply.error())),
                         reply.error()};
    }
    return reply;
}

void VfioUserClient::negotiate() {
    std::string text{kQemuCapabilities};
    text.push_back('\0');
    expect(Command::kVersion, joined(bytes_of(Version{}), std::as_bytes(std::span{text})));
}

DeviceInfo VfioUserClient::device_info() {
    return expect(Command::kDeviceGetInfo, bytes_of(DeviceInfo{.argsz = sizeof(DeviceInfo)}))
        .as<DeviceInfo>();
}

VfioUserClient::RegionReply VfioUserClient::region_info(pci::RegionIndex index) {
    Reply reply = expect(
        Command::kDeviceGetRegionInfo,
        bytes_of(RegionInfo{.argsz = sizeof(RegionInfo), .index = static_cast<uint32_t>(index)}));
    RegionReply region{reply.as<RegionInfo>(), {}};
    if (!reply.fds.empty()) {
        region.memory = std::move(reply.fds.front());
    }
    return region;
}

IrqInfo VfioUserClient::irq_info(uint32_t index) {
    return expect(Command::kDeviceGetIrqInfo,
                  bytes_of(IrqInfo{.argsz = sizeof(IrqInfo), .index = index}))
        .as<IrqInfo>();
}

void VfioUserClient::dma_map(uint64_t address, uint64_t size, int fd, uint64_t offset,
                             uint32_t flags) {
    const DmaMap map{.argsz = sizeof(DmaMap),
                     .flags = flags,
                     .offset = offset,
                     .address = address,
                     .size = size};
    expect(Command::kDmaMap, bytes_of(map),
           fd >= 0 ? std::span<const int>{&fd, 1} : std::span<const int>{});
}

uint64_t VfioUserClient::dma_unmap(uint64_t address, uint64_t size, uint32_t flags) {
    const DmaUnmap unmap{
        .argsz = sizeof(DmaUnmap), .flags = flags, .address = address, .size = size};
    return expect(Command::kDmaUnmap, bytes_of(unmap)).as<DmaUnmap>().size;
}

void VfioUserClient::reset_device() {
    expect(Command::kDeviceReset);
}

void VfioUserClient::set_msix(uint32_t start, std::span<const int> eventfds) {
    const IrqSet set{.argsz = sizeof(IrqSet),
                     .flags = kIrqSetDataEventfd | kIrqSetActionTrigger,
                     .index = kIrqMsix,
                     .start = start,
                     .count = static_cast<uint32_t>(eventfds.size())};
    expect(Command::kDeviceSetIrqs, bytes_of(set), eventfds);
}

void VfioUserClient::release_msix(uint32_t start, uint32_t count) {
    const IrqSet set{.argsz = sizeof(IrqSet),
                     .flags = kIrqSetDataEventfd | kIrqSetActionTrigger,
                     .index = kIrqMsix,
                     .start = start,
                     .count = count};
    expect(Command::kDeviceSetIrqs, bytes_of(set));
}

void VfioUserClient::disable_msix() {
    const IrqSet set{.argsz = sizeof(IrqSet),
                     .flags = kIrqSetDataNone | kIrqSetActionTrigger,
                     .index = kIrqMsix};
    expect(Command::kDeviceSetIrqs, bytes_of(set));
}

void VfioUserClient::read_region(pci::RegionIndex region, uint64_t offset,
                                 std::span<std::byte> bytes) {
    const RegionAccess access{.offset = offset,
                              .region = static_cast<uint32_t>(region),
                              .count = static_cast<uint32_t>(bytes.size())};
    const Reply reply = expect(Command::kRegionRead, bytes_of(access));
    if (reply.payload.size() != sizeof access + bytes.size()) {
        throw std::runtime_error{fmt::format("a read of {} bytes was answered with {} bytes",
                                             bytes.size(), reply.payload.size())};
    }
    std::memcpy(bytes.data(), reply.payload.data() + sizeof access, bytes.size());
}

void VfioUserClient::write_region(pci::RegionIndex region, uint64_t offset,
                                  std::span<const std::byte> bytes) {
    const RegionAccess access{.offset = offset,
                              .region = static_cast<uint32_t>(region),
                              .count = static_cast<uint32_t>(bytes.size())};
    const Reply reply = expect(Command::kRegionWrite, joined(bytes_of(access), bytes));
    if (reply.payload.size() != sizeof access) {
        throw std::runtime_error{"the reply to a write is not 32 bytes"};
    }
}

}  // namespace oriel::test
