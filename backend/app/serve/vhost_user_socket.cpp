// SPDX-License-Identifier: MIT
#include "serve/vhost_user_socket.h"

namespace oriel::app {

VhostUserSocket::VhostUserSocket(EventLoop& loop, guest::GuestMemory& memory,
                                 virtio::Device& device, const VhostUserOption& where,
                                 ClientListener& clients) {
    const vhost_user::Server::Served served{loop, device, memory};
    if (where.fd >= 0) {
        server_ = std::make_unique<vhost_user::Server>(served, UniqueFd{where.fd}, &clients);
    } else {
        server_ = std::make_unique<vhost_user::Server>(served, where.path, &clients);
    }
}

std::unique_ptr<DeviceSocket> VhostUserInput::listen(EventLoop& loop, guest::GuestMemory& memory,
                                                     input::InputDevice& device,
                                                     const std::string& path,
                                                     ClientListener& clients) const {
    return std::make_unique<VhostUserSocket>(loop, memory, device, VhostUserOption{.path = path},
                                             clients);
}

}  // namespace oriel::app
