// SPDX-License-Identifier: MIT
#include "net/notify_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "net/received_fds.h"

namespace oriel {
namespace {

pid_t sender_of(msghdr& message) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
         control = CMSG_NXTHDR(&message, control)) {
        ucred sender{};
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS &&
            control->cmsg_len == CMSG_LEN(sizeof sender)) {
            std::memcpy(&sender, CMSG_DATA(control), sizeof sender);
            return sender.pid;
        }
    }
    return 0;
}

}  // namespace

Result<UniqueFd> listen_for_notifications(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return host_error("socket path is too long ({} bytes, at most {}): {}", path.size(),
                          sizeof address.sun_path - 1, path);
    }
    path.copy(address.sun_path, path.size());
    ::unlink(path.c_str());
    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int on = 1;
    // Credentials before there is a name: no message comes without.
    if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), 0600) != 0) {
        return system_error("listen on {}", path);
    }
    return socket;
}

std::optional<NotifyMessage> next_notification(int socket) {
    std::array<char, NotifyMessage::kMost> text;
    iovec data{text.data(), text.size()};
    alignas(cmsghdr)
        std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kMaxReceivedFds * sizeof(int))>
            control;
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) {
        return std::nullopt;
    }
    NotifyMessage message;
    message.text.assign(text.data(), static_cast<size_t>(count));
    message.sender = sender_of(header);
    std::vector<UniqueFd> fds;
    take_received_fds(header, fds);
    if (!fds.empty()) {
        message.fd = std::move(fds.front());
    }
    return message;
}

}  // namespace oriel
