// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "core/unique_fd.h"
#include "net/received_fds.h"

namespace oriel::test {

/// As send() with these flags, by default without a wait, with file descriptors (lent).
inline ssize_t send_with_fds(int socket, std::span<const std::byte> bytes, std::span<const int> fds,
                             int flags = MSG_DONTWAIT) {
    std::vector<std::byte> control(fds.empty() ? 0 : CMSG_SPACE(fds.size_bytes()));
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    return ::sendmsg(socket, &header, MSG_NOSIGNAL | flags);
}

/// As recv(), which doesn't wait. All descriptors that came are appended to `fds`.
inline ssize_t receive_with_fds(int socket, std::span<std::byte> bytes,
                                std::vector<UniqueFd>& fds) {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMaxReceivedFds * sizeof(int))> control;
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length > 0) {
        take_received_fds(header, fds);
    }
    return length;
}

/// The same where one descriptor is awaited: it is in `fd`, if one came.
inline ssize_t receive_with_fd(int socket, std::span<std::byte> bytes, UniqueFd& fd) {
    std::vector<UniqueFd> fds;
    const ssize_t length = receive_with_fds(socket, bytes, fds);
    if (!fds.empty()) {
        fd = std::move(fds.front());
    }
    return length;
}

}  // namespace oriel::test
