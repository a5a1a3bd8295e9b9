// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "guest/guest_memory.h"
#include "net/acceptor.h"
#include "pci/function.h"
#include "vfio_user/listener.h"
#include "vfio_user/session_listener.h"
#include "vfio_user/stats.h"

namespace oriel::vfio_user {

class Session;

/// What whoever owns a server hears of its client.
class ClientListener {
public:
    ClientListener() = default;
    ClientListener(const ClientListener&) = delete;
    ClientListener& operator=(const ClientListener&) = delete;

    /// A VMM has agreed on the protocol version.
    virtual void client_attached() = 0;
    /// That VMM is gone; the function and the guest's memory are as it has left them, and
    /// client_detached() comes next. `reason` is the same.
    virtual void client_leaving(const std::string& /*reason*/) {}
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
class Server final : private SessionListener, private ConnectionListener {
public:
    /// What is served, and on which loop. Lent, all of them: they must outlive the server.
    struct Served {
        EventLoop& loop;
        pci::Function& function;
        guest::GuestMemory& memory;
    };

    /// Listens on `path` (mode 0600). A socket that a dead process left is replaced.
    /// `client_listener` is lent and must outlive the server; null: nobody wants to know. Throws
    /// StartupError with exit code 2 if the path is too long, is not a socket, or belongs to a live
    /// process.
    Server(const Served& parts, const std::string& path, ClientListener* client_listener = nullptr);
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
    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    class Refusal;
    class Silent;

    // ConnectionListener
    void accepted(UniqueFd client) override;
    // SessionListener
    void session_attached() override;
    void session_unmapped() override;
    void session_closed(const std::string& reason) override;

    [[nodiscard]] bool keeps_place(uint64_t other) const;
    void spoke(Silent& silent);
    void refuse(UniqueFd client);
    void finish_closed();
    void finish();
    void drop();

    const Served parts_;
    ClientListener* const client_listener_;  // lent, or null
    Listener listener_;
    Acceptor acceptor_;
    Timer release_timer_;
    const std::string path_;
    Stats stats_;
    LogLimiter log_limiter_;
    std::unique_ptr<Session> session_;
    TimePoint session_since_{};
    uint64_t session_number_ = 0;
    uint64_t last_number_ = 0;
    bool last_used_device_ = false;
    std::list<Silent> silent_;
    std::list<Refusal> refusals_;
    std::string reason_;
    DeferredCall finish_;
};

}  // namespace oriel::vfio_user
