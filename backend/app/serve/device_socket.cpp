// SPDX-License-Identifier: MIT
#include "serve/device_socket.h"

#include <utility>

namespace oriel::app {

VfioUserSocket::VfioUserSocket(EventLoop& loop, guest::GuestMemory& memory,
                               std::unique_ptr<pci::VirtioFunction> function,
                               const std::string& path, ClientListener& clients,
                               StoragePlace storage)
    : function_{std::move(function)},
      server_{
          {loop, *function_, memory,
           storage.store != nullptr ? &attachment_.emplace(std::move(storage.name), *storage.store)
                                    : nullptr},
          path,
          &clients} {}

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

}  // namespace oriel::app
