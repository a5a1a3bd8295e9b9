// SPDX-License-Identifier: MIT
#include "serve/vfio_user_socket.h"

#include <utility>

namespace oriel::app {
namespace {

pci::Identity pci_identity(input::Kind kind) {
    return {.vendor = 0x1af4,
            .device = 0x1040 + input::wire::kDeviceId,
            .subsystem_vendor = 0x1af4,
            .subsystem = 0x1100,
            .class_code = InputSockets::identity(kind).class_code,
            .revision = 1};
}

}  // namespace

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

std::unique_ptr<DeviceSocket> VfioUserInput::listen(EventLoop& loop, guest::GuestMemory& memory,
                                                    input::InputDevice& device,
                                                    const std::string& path,
                                                    ClientListener& clients) const {
    const input::Kind kind = device.description().kind();
    return std::make_unique<VfioUserSocket>(
        loop, memory,
        std::make_unique<pci::VirtioFunction>(
            pci::VirtioFunction::Setup{loop, memory, device, pci_identity(kind)}),
        path, clients, StoragePlace{store_, InputSockets::identity(kind).suffix});
}

}  // namespace oriel::app
