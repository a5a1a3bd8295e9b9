// SPDX-License-Identifier: MIT
#include "net/local_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "net/folder_lock.h"
#include "net/received_fds.h"

namespace oriel {
namespace {

/// Who has connected, or listens. Nothing where the kernel doesn't tell.
std::optional<ucred> peer_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? std::optional{peer}
                                                                            : std::nullopt;
}

/// With SO_PASSCRED; 0 without.
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

constexpr int kBacklog = 16;

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd local_socket() {
    return UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

Result<UniqueFd> connect_to_anybody(const std::string& path) {
    const auto address = local_address(path);
    if (!address) {
        return tl::unexpected(address.error());
    }
    UniqueFd socket = local_socket();
    if (!socket || ::connect(socket.get(), generic(*address), sizeof(*address)) != 0) {
        return system_error("connect to {}", path);
    }
    return socket;
}

}  // namespace

Result<sockaddr_un> local_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        return host_error("socket path is too long ({} bytes, at most {}): {}", path.size(),
                          sizeof(address.sun_path) - 1, path);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<UniqueFd> connect_local(const std::string& path, std::optional<uid_t> also) {
    auto socket = connect_to_anybody(path);
    const auto is_known = [&] {
        const auto peer = peer_of(socket->get());
        return peer && peer->uid == also;
    };
    // Whoever made the path first might be another user, who would hear each key that is typed.
    if (socket && !peer_is_trusted(socket->get()) && !is_known()) {
        return tl::unexpected(
            HostError{EPERM, fmt::format("{} belongs to another user: not connected", path)});
    }
    return socket;
}

Result<UniqueFd> listen_local(const std::string& path) {
    const auto address = local_address(path);
    if (!address) {
        return tl::unexpected(address.error());
    }
    const FolderLock lock{path};
    struct stat status = {};
    if (::lstat(path.c_str(), &status) == 0) {
        if (!S_ISSOCK(status.st_mode)) {
            return host_error("{} exists and is not a socket", path);
        }
        const auto connected = connect_to_anybody(path);
        if (connected || connected.error().code == EAGAIN) {
            return tl::unexpected(HostError{EADDRINUSE, path});
        }
        ::unlink(path.c_str());
    }
    UniqueFd socket = local_socket();
    if (!socket) {
        return system_error("socket for {}", path);
    }
    // Before it listens nobody can connect, so there is no moment at which others could.
    if (::bind(socket.get(), generic(*address), sizeof(*address)) != 0 ||
        ::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), kBacklog) != 0) {
        return system_error("listen on {}", path);
    }
    return socket;
}

Result<size_t> send_with_fd(int socket, std::span<const char> bytes, int fd) {
    iovec data{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (fd >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return size_t{0};
        }
        return system_error("send");
    }
    return static_cast<size_t>(sent);
}

Result<Received> receive_with_fd(int socket, std::span<char> buffer) {
    iovec data{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    alignas(cmsghdr)
        std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kMaxReceivedFds * sizeof(int))>
            control;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) {
        return system_error("receive");
    }
    Received received{.bytes = static_cast<size_t>(count), .fd = {}, .sender = sender_of(message)};
    // All are taken, and all but one are closed: what nobody takes stays open for ever.
    std::vector<UniqueFd> fds;
    take_received_fds(message, fds);
    if (!fds.empty()) {
        received.fd = std::move(fds.front());
    }
    return received;
}

bool peer_is_trusted(int socket) {
    const auto peer = peer_of(socket);
    return peer && (peer->uid == ::geteuid() || peer->uid == 0);
}

bool is_connected_at(int socket, const std::string& path) {
    for (const auto& name_of : {::getsockname, ::getpeername}) {
        sockaddr_un address{};
        socklen_t size = sizeof address;
        if (name_of(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
            address.sun_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path) &&
            path == std::string{address.sun_path,
                                ::strnlen(address.sun_path, sizeof address.sun_path)}) {
            return true;
        }
    }
    return false;
}

pid_t peer_process(int socket) {
    const auto peer = peer_of(socket);
    return peer ? peer->pid : 0;
}

}  // namespace oriel
