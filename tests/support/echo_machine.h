// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "pci/display_function.h"
#include "pci/option_rom.h"
#include "support/echo_device.h"
#include "support/fake_vga.h"
#include "support/temp_dir.h"
#include "vfio_user/server.h"

namespace oriel::test {

/// What a server has told of its clients.
struct RecordedClients final : ClientListener {
    void client_attached() override { ++attached; }
    void client_detached(const std::string& reason) override { detached.push_back(reason); }

    int attached = 0;
    std::vector<std::string> detached;
};

/// A whole card behind a vfio-user socket, with an EchoDevice where the GPU would be.
struct EchoMachine {
    explicit EchoMachine(std::optional<pci::OptionRom> rom = std::nullopt,
                         pci::DisplayClass seen_as = pci::DisplayClass::kVga)
        : option_rom{std::move(rom)}, pci_class{seen_as} {}

    TempDir dir;
    std::string path = dir.file("vfio.sock");
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    EchoDevice device;
    FakeVga vga;
    const std::optional<pci::OptionRom> option_rom;
    const pci::DisplayClass pci_class;
    pci::DisplayFunction function{
        {loop, memory, device, vga, vga, option_rom ? &*option_rom : nullptr, pci_class}};
    RecordedClients clients;
    std::optional<vfio_user::Server> server{
        std::in_place, vfio_user::Server::Served{loop, function, memory}, path, &clients};
};

}  // namespace oriel::test
