// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/vhost_user_option.h"
#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "net/client_place.h"
#include "net/descriptor_store.h"
#include "pci/virtio_function.h"
#include "vfio_user/attachment.h"
#include "vfio_user/server.h"
#include "vhost_user/server.h"
#include "virtio/device.h"
#include "virtio/queue_set.h"

namespace oriel::app {

/// Where a VMM attaches a virtio device: a socket, on one of the roads.
class DeviceSocket {
public:
    DeviceSocket() = default;
    DeviceSocket(const DeviceSocket&) = delete;
    DeviceSocket& operator=(const DeviceSocket&) = delete;
    virtual ~DeviceSocket() = default;

    /// Goes on with the VMM of an earlier process, if it has left one. On another road than
    /// vfio-user none does.
    virtual void resume(const InheritedDescriptors& /*inherited*/) {}
    [[nodiscard]] virtual const ClientPlace& place() const = 0;
    [[nodiscard]] virtual const virtio::QueueSet::Counters& counters() const = 0;
    /// Null on another road.
    [[nodiscard]] virtual const vfio_user::Stats* vfio_user() const { return nullptr; }
    [[nodiscard]] virtual const vhost_user::Stats* vhost_user() const { return nullptr; }
};

/// Where a socket's VMM is kept beyond this process' end.
struct StoragePlace {
    DescriptorStore* store = nullptr;  ///< lent; null: nowhere
    std::string name;                  ///< among the sockets of this process
};

/// As a PCI function of Oriel's own.
class VfioUserSocket final : public DeviceSocket {
public:
    /// Loop, memory, listener and store are lent and must outlive this. Throws StartupError.
    VfioUserSocket(EventLoop& loop, guest::GuestMemory& memory,
                   std::unique_ptr<pci::VirtioFunction> function, const std::string& path,
                   ClientListener& clients, StoragePlace storage = {});

    void resume(const InheritedDescriptors& inherited) override { server_.resume(inherited); }

    [[nodiscard]] const ClientPlace& place() const override { return server_.place(); }
    [[nodiscard]] const virtio::QueueSet::Counters& counters() const override {
        return function_->virtio().counters();
    }
    [[nodiscard]] const vfio_user::Stats* vfio_user() const override { return &server_.stats(); }

private:
    const std::unique_ptr<pci::VirtioFunction> function_;
    std::optional<vfio_user::Attachment> attachment_;
    vfio_user::Server server_;
};

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

}  // namespace oriel::app
