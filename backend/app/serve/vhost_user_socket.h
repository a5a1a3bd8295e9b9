// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "cli/vhost_user_option.h"
#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "serve/device_socket.h"
#include "serve/input_sockets.h"
#include "vhost_user/server.h"
#include "virtio/device.h"

namespace oriel::app {

/// Behind a PCI function of the VMM's.
class VhostUserSocket final : public DeviceSocket {
public:
    /// Loop, memory, device and listener are lent and must outlive this. Throws StartupError.
    VhostUserSocket(EventLoop& loop, guest::GuestMemory& memory, virtio::Device& device,
                    const VhostUserOption& where, ClientListener& clients);

    [[nodiscard]] const ClientPlace& place() const override { return server_->place(); }
    [[nodiscard]] const virtio::QueueSet::Counters& counters() const override {
        return server_->counters();
    }
    [[nodiscard]] const vhost_user::Stats* vhost_user() const override { return &server_->stats(); }

private:
    std::unique_ptr<vhost_user::Server> server_;
};

/// Input devices behind PCI functions of the VMM's.
class VhostUserInput final : public InputRoad {
public:
    [[nodiscard]] std::unique_ptr<DeviceSocket> listen(EventLoop& loop, guest::GuestMemory& memory,
                                                       input::InputDevice& device,
                                                       const std::string& path,
                                                       ClientListener& clients) const override;
};

}  // namespace oriel::app
