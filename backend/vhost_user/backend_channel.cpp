// SPDX-License-Identifier: MIT
#include "backend_channel.h"

#include <sys/socket.h>

#include <cerrno>

#include "vhost_user/protocol.h"

namespace oriel::vhost_user {

bool BackendChannel::config_changed() {
    if (!socket_) {
        return false;
    }
    const Header header{.request = kBackendConfigChange, .flags = kVersion, .size = 0};
    const ssize_t sent = ::send(socket_.get(), &header, sizeof header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(sizeof header)) {
        return true;
    }
    if (sent >= 0 || (errno != EAGAIN && errno != EINTR)) {
        close();  // gone, or cut: what follows would be no message
    }
    return false;
}

}  // namespace oriel::vhost_user
