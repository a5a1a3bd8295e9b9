// SPDX-License-Identifier: MIT
#include "net/message_channel.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>
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
    return !kept_.empty() && received_ == 0 && !read_ahead() ? look() : receive_pieces();
}

void MessageChannel::keep(std::span<uint64_t> words) {
    kept_ = words;
    note_torn();
}

/// A message that is whole in the socket, and stays there until done().
MessageChannel::Receive MessageChannel::look() {
    const ssize_t length = read(MSG_PEEK);
    if (length <= 0) {
        return failed_receive(length);
    }
    const size_t header_bytes = framing_.header_bytes;
    const auto there = static_cast<size_t>(length);
    std::memcpy(message_.header.data(), inbox_.data(), std::min(there, header_bytes));
    std::optional<size_t> payload;
    if (there >= header_bytes) {
        payload = framing_.payload_bytes(std::span{message_.header}.first(header_bytes));
        if (!payload) {
            return Receive::kBroken;
        }
    }
    const size_t size = header_bytes + payload.value_or(0);
    if (!payload || there < size || (there > size && !inbox_fds_.empty())) {
        // It comes in pieces, or with the next one's descriptors.
        inbox_fds_.clear();
        inbox_fds_lost_ = false;
        kept_[kTorn] = 1;
        return receive_pieces();
    }
    looked_at_ = size;
    message_.payload.assign(inbox_.begin() + static_cast<std::ptrdiff_t>(header_bytes),
                            inbox_.begin() + static_cast<std::ptrdiff_t>(size));
    message_.fds = std::exchange(inbox_fds_, {});
    message_.fds_lost = std::exchange(inbox_fds_lost_, false);
    if (message_.fds.size() > framing_.max_fds) {
        message_.fds.clear();
        message_.fds_lost = true;
    }
    if (kept_[kAnswered] == answered_mark()) {
        done();  // by the process before this one
        return Receive::kAgain;
    }
    return Receive::kMessage;
}

uint64_t MessageChannel::answered_mark() const {
    return uint64_t{framing_.message_id(std::span{message_.header}.first(framing_.header_bytes))} +
           1;
}

void MessageChannel::note_answered() {
    if (looked_at_ > 0) {
        std::atomic_ref{kept_[kAnswered]}.store(answered_mark(), std::memory_order_release);
    }
}

void MessageChannel::done() {
    note_answered();
    while (looked_at_ > 0) {
        // Without room for control data: the descriptors are here already.
        const ssize_t gone = ::recv(socket_.get(), inbox_.data(), looked_at_, MSG_DONTWAIT);
        if (gone <= 0) {
            break;  // the next read says why
        }
        looked_at_ -= static_cast<size_t>(gone);
    }
    looked_at_ = 0;
    if (!kept_.empty()) {
        std::atomic_ref{kept_[kAnswered]}.store(0, std::memory_order_release);
        note_torn();
    }
}

void MessageChannel::note_torn() {
    if (!kept_.empty()) {
        kept_[kTorn] = received_ > 0 || read_ahead() || sending() ? 1 : 0;
    }
}

MessageChannel::Receive MessageChannel::receive_pieces() {
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
    const ssize_t length = read(0);
    if (length <= 0) {
        return failed_receive(length);
    }
    inbox_begin_ = 0;
    inbox_end_ = static_cast<size_t>(length);
    return Receive::kMessage;
}

/// Into the inbox.
ssize_t MessageChannel::read(int flags) {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMaxReceivedFds * sizeof(int))> control;
    iovec part{inbox_.data(), inbox_.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length =
        ::recvmsg(socket_.get(), &header, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length > 0) {
        take_received_fds(header, inbox_fds_);
        inbox_fds_lost_ = (header.msg_flags & MSG_CTRUNC) != 0;
    }
    return length;
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
    note_answered();
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
    note_torn();
    return true;
}

}  // namespace oriel
