// SPDX-License-Identifier: MIT
#include "net/message_channel.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "net/received_fds.h"

namespace oriel {
namespace {

MessageChannel::Receive failed_receive(ssize_t result) {
    const bool later = result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return later ? MessageChannel::Receive::kAgain : MessageChannel::Receive::kClosed;
}

}  // namespace

MessageChannel::MessageChannel(UniqueFd socket, const MessageFraming& framing)
    : framing_{framing}, socket_{std::move(socket)} {
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
}

MessageChannel::Receive MessageChannel::receive() {
    if (received_ == 0) {
        message_.payload.clear();
        message_.fds.clear();
        message_.fds_lost = false;
    }
    const size_t header_bytes = framing_.header_bytes;
    if (!read_ahead()) {
        if (received_ >= header_bytes && missing() > inbox_.size()) {
            return receive_rest();
        }
        if (const Receive result = fill(); result != Receive::kMessage) {
            return result;
        }
    }
    if (received_ < header_bytes) {
        received_ += take(message_.header.data() + received_, header_bytes - received_);
        if (received_ == header_bytes) {
            const auto payload =
                framing_.payload_bytes(std::span{message_.header}.first(header_bytes));
            if (!payload) {
                return Receive::kBroken;
            }
            message_.payload.resize(*payload);
        }
    }
    if (received_ >= header_bytes) {
        const size_t have = received_ - header_bytes;
        received_ += take(message_.payload.data() + have, message_.payload.size() - have);
    }
    if (!read_ahead()) {
        // A read ends with the bytes that file descriptors came with (unix(7): they are a barrier),
        // so they belong to the message at its end.
        // Whole messages may be long in coming: what is kept for one is what was announced.
        const bool too_many = message_.fds.size() + inbox_fds_.size() > framing_.max_fds;
        if (!too_many) {
            std::move(inbox_fds_.begin(), inbox_fds_.end(), std::back_inserter(message_.fds));
        }
        inbox_fds_.clear();
        message_.fds_lost |= std::exchange(inbox_fds_lost_, false) || too_many;
    }
    if (received_ < header_bytes || missing() > 0) {
        return Receive::kAgain;
    }
    received_ = 0;
    return Receive::kMessage;
}

/// One read for header and payload: most messages are short, and alone.
MessageChannel::Receive MessageChannel::fill() {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMaxReceivedFds * sizeof(int))> control;
    iovec part{inbox_.data(), inbox_.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length <= 0) {
        return failed_receive(length);
    }
    take_received_fds(header, inbox_fds_);
    inbox_fds_lost_ = (header.msg_flags & MSG_CTRUNC) != 0;
    inbox_begin_ = 0;
    inbox_end_ = static_cast<size_t>(length);
    return Receive::kMessage;
}

/// What the inbox has of `wanted` bytes.
size_t MessageChannel::take(std::byte* to, size_t wanted) {
    const size_t count = std::min(wanted, inbox_end_ - inbox_begin_);
    if (count > 0) {
        std::memcpy(to, inbox_.data() + inbox_begin_, count);
        inbox_begin_ += count;
    }
    return count;
}

/// A long payload goes where it belongs without a stop.
MessageChannel::Receive MessageChannel::receive_rest() {
    const size_t have = received_ - framing_.header_bytes;
    // Without room for control data: the kernel closes what comes in the wrong place.
    const ssize_t length = ::recv(socket_.get(), message_.payload.data() + have,
                                  message_.payload.size() - have, MSG_DONTWAIT);
    if (length <= 0) {
        return failed_receive(length);
    }
    received_ += static_cast<size_t>(length);
    if (missing() > 0) {
        return Receive::kAgain;
    }
    received_ = 0;
    return Receive::kMessage;
}

bool MessageChannel::send(std::span<const std::byte> bytes, int fd) {
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

bool MessageChannel::flush() {
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

}  // namespace oriel
