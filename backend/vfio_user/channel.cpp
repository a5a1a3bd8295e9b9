// SPDX-License-Identifier: MIT
#include "channel.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "message.h"

namespace oriel::vfio_user {
namespace {

// SCM_MAX_FD of the kernel: no message brings more.
constexpr size_t kMaxFdsAtOnce = 253;

void take_fds(msghdr& header, Message& message) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof fd);
            message.fds.emplace_back(fd);
        }
    }
    message.fds_lost |= (header.msg_flags & MSG_CTRUNC) != 0;
}

Channel::Receive failed_receive(ssize_t result) {
    const bool later = result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return later ? Channel::Receive::kAgain : Channel::Receive::kClosed;
}

}  // namespace

Channel::Channel(UniqueFd socket) : socket_{std::move(socket)} {
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
}

Channel::Receive Channel::receive() {
    if (received_ == 0) {
        message_.payload.clear();
        message_.fds.clear();
        message_.fds_lost = false;
    }
    if (received_ < sizeof(Header)) {
        if (const Receive result = receive_header(); result != Receive::kMessage) {
            return result;
        }
    }
    return receive_payload();
}

// Exactly a header: file descriptors belong to the message whose first bytes they come with, and
// the kernel doesn't say at which byte of a longer read that was.
Channel::Receive Channel::receive_header() {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMaxFdsAtOnce * sizeof(int))> control;
    auto* bytes = reinterpret_cast<std::byte*>(&message_.header);
    iovec part{bytes + received_, sizeof(Header) - received_};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length <= 0) {
        return failed_receive(length);
    }
    take_fds(header, message_);
    received_ += static_cast<size_t>(length);
    if (received_ < sizeof(Header)) {
        return Receive::kAgain;
    }
    if (!plausible(message_.header)) {
        return Receive::kBroken;
    }
    message_.payload.resize(message_.header.size - sizeof(Header));
    return Receive::kMessage;
}

Channel::Receive Channel::receive_payload() {
    const size_t have = received_ - sizeof(Header);
    if (have < message_.payload.size()) {
        // Without room for control data: the kernel closes what comes in the wrong place.
        const ssize_t length = ::recv(socket_.get(), message_.payload.data() + have,
                                      message_.payload.size() - have, MSG_DONTWAIT);
        if (length <= 0) {
            return failed_receive(length);
        }
        received_ += static_cast<size_t>(length);
        if (received_ < message_.header.size) {
            return Receive::kAgain;
        }
    }
    received_ = 0;
    return Receive::kMessage;
}

bool Channel::send(std::span<const std::byte> bytes, int fd) {
    if (sending()) {
        // Behind what waits; a message with a file descriptor is never sent while something does.
        // (Not insert(): gcc 14 sees an overflow in it that isn't there.)
        const size_t waiting = unsent_.size();
        unsent_.resize(waiting + bytes.size());
        std::memcpy(unsent_.data() + waiting, bytes.data(), bytes.size());
        return fd < 0;
    }
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (fd >= 0) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        return false;
    }
    if (sent < 0 && fd >= 0) {
        // A peer whose socket is full asked for something with a file descriptor: it has asked for
        // more than it reads. No VMM does.
        return false;
    }
    const size_t gone = sent < 0 ? 0 : static_cast<size_t>(sent);
    unsent_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(gone), bytes.end());
    return true;
}

bool Channel::flush() {
    if (unsent_.empty()) {
        return true;
    }
    const ssize_t sent =
        ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    unsent_.erase(unsent_.begin(), unsent_.begin() + sent);
    return true;
}

}  // namespace oriel::vfio_user
