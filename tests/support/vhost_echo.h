// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "support/echo_device.h"
#include "support/echo_machine.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"
#include "support/vhost_front_end.h"
#include "vhost_user/server.h"

namespace oriel::test {

/// An EchoDevice behind a vhost-user socket, and the guest's memory.
struct VhostEcho {
    LogLines log;
    TempDir dir;
    std::string path = dir.file("vhost.sock");
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    EchoDevice device;
    RecordedClients clients;
    GuestRam ram{size_t{4} << 20, 0x100000};
    std::optional<vhost_user::Server> server{
        std::in_place, vhost_user::Server::Served{loop, device, memory}, path, &clients};
};

/// A front end that is attached, and its driver.
struct VhostGuest {
    VhostGuest(VhostEcho& machine, VhostFrontEnd::Style style)
        : ram{machine.ram}, vmm{machine.loop, machine.path, ram, style} {
        vmm.realize();
    }

    /// Sends a request to queue 0; whether the echo has come when all is done that can be.
    bool echoes() {
        const uint64_t out = ram.allocate(16);
        const uint64_t in = ram.allocate(16);
        ram.store(out, uint64_t{0x1122334455667788});
        const DriverQueue::Buffer readable{out, 8};
        const DriverQueue::Buffer writable{in, 8};
        vmm.queue(0).add(std::span{&readable, 1}, std::span{&writable, 1});
        if (vmm.queue(0).kick_wanted()) {
            vmm.kick(0);
        }
        vmm.settle();
        return vmm.queue(0).take_used() && ram.load<uint64_t>(in) == 0x1122334455667788;
    }

    GuestRam& ram;
    VhostFrontEnd vmm;
};

}  // namespace oriel::test
