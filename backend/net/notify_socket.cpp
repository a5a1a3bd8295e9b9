// SPDX-License-Identifier: MIT
#include "net/notify_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "net/local_socket.h"

namespace oriel {

Result<UniqueFd> listen_for_notifications(const std::string& path) {
    const auto address = local_address(path);
    if (!address) {
        return tl::unexpected(address.error());
    }
    ::unlink(path.c_str());
    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int on = 1;
    // Credentials before there is a name: no message comes without.
    if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::chmod(path.c_str(), 0600) != 0) {
        return system_error("listen on {}", path);
    }
    return socket;
}

std::optional<NotifyMessage> next_notification(int socket) {
    std::array<char, NotifyMessage::kMost> text;
    auto received = receive_with_fd(socket, text);
    if (!received) {
        return std::nullopt;
    }
    return NotifyMessage{.text = {text.data(), received->bytes},
                         .fd = std::move(received->fd),
                         .sender = received->sender};
}

}  // namespace oriel
