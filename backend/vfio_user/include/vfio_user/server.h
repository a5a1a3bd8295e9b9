// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "pci/function.h"
#include "vfio_user/stats.h"

namespace oriel::vfio_user {

/// What whoever owns a server hears of its client.
class ClientListener {
public:
    ClientListener() = default;
    ClientListener(const ClientListener&) = delete;
    ClientListener& operator=(const ClientListener&) = delete;

    /// A VMM has agreed on the protocol version.
    virtual void client_attached() = 0;
    /// That VMM is gone and the function is reset; `reason` completes the line "the VMM …". May
    /// destroy nothing of the server's; EventLoop::quit() is fine.
    virtual void client_detached(const std::string& reason) = 0;

protected:
    ~ClientListener() = default;
};

/// Serves one PCI function to a VMM over vfio-user: listens on a Unix socket, one client at a time,
/// never blocks.
///
/// The place belongs to the client that uses the device. Before one does, it is the first one's who
/// said its version, for some seconds; but one that connected earlier gets it when it speaks.
///
/// When the client goes, for whatever reason, the function is reset, guest memory is forgotten, and
/// the server waits for the next client.
class Server {
public:
    /// What is served, and on which loop. Lent, all of them: they must outlive the server.
    struct Served {
        EventLoop& loop;
        pci::Function& function;
        guest::GuestMemory& memory;
    };

    /// Listens on `path` (mode 0600). A socket that a dead process left is replaced. `listener` is
    /// lent and must outlive the server; null: nobody wants to know. Throws StartupError with exit
    /// code 2 if the path is too long, is not a socket, or belongs to a live process.
    Server(const Served& parts, const std::string& path, ClientListener* listener = nullptr);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Drops the client and removes the socket. The listener isn't called.
    ~Server();

    [[nodiscard]] bool attached() const;
    /// The process of the client; 0 where there is none, or none that can be seen.
    [[nodiscard]] pid_t client_process() const;
    /// The client that is attached, or was last, has used the device. Whoever connects, says its
    /// version, perhaps looks at the device, and goes, was no VMM: nothing ends with it.
    [[nodiscard]] bool device_used() const;
    [[nodiscard]] const Stats& stats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace oriel::vfio_user
