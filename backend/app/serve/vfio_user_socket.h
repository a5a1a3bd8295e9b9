// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "pci/virtio_function.h"
#include "serve/device_socket.h"
#include "serve/input_sockets.h"
#include "vfio_user/attachment.h"
#include "vfio_user/server.h"

namespace oriel::app {

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

/// Input devices as PCI functions of Oriel's own.
class VfioUserInput final : public InputRoad {
public:
    /// `store`: where VMMs are kept beyond this process' end, lent; null: nowhere.
    explicit VfioUserInput(DescriptorStore* store = nullptr) : store_{store} {}

    [[nodiscard]] std::unique_ptr<DeviceSocket> listen(EventLoop& loop, guest::GuestMemory& memory,
                                                       input::InputDevice& device,
                                                       const std::string& path,
                                                       ClientListener& clients) const override;

private:
    DescriptorStore* const store_;
};

}  // namespace oriel::app
