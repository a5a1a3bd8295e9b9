// SPDX-License-Identifier: MIT
#include "support/vhost_front_end.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "net/local_socket.h"
#include "support/bytes.h"
#include "support/fd_passing.h"

namespace oriel::test {

using namespace vhost_user;

namespace {

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
