// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <memory>
#include <string>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "guest/guest_memory.h"
#include "net/client_place.h"
#include "pci/function.h"
#include "vfio_user/attachment.h"
#include "vfio_user/session_listener.h"
#include "vfio_user/stats.h"

namespace oriel::vfio_user {

class Session;

/// Serves one PCI function to a VMM over vfio-user: listens on a Unix socket, one client at a time,
/// never blocks.
///
/// Who has the place: see ClientPlace.
///
/// When the client goes, for whatever reason, the function is reset, guest memory is forgotten, and
/// the server waits for the next client.
class Server final : private SessionListener, private PlaceOwner {
public:
    /// What is served, and on which loop. Lent, all of them: they must outlive the server.
    struct Served {
        EventLoop& loop;
        pci::Function& function;
        guest::GuestMemory& memory;
        /// Where the client is kept beyond this process' end; null: nowhere.
        Attachment* attachment = nullptr;
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

    /// Goes on with the client of an earlier process, if it has left one. Before anything else; the
    /// listener is called.
    void resume(const InheritedDescriptors& inherited);

    [[nodiscard]] const ClientPlace& place() const { return place_; }
    [[nodiscard]] bool attached() const { return place_.attached(); }
    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    class Refusal;

    // PlaceOwner
    [[nodiscard]] std::unique_ptr<PlacedClient> make_client(UniqueFd socket) override;
    void refuse(UniqueFd socket) override;
    void client_goes() override;
    void client_gone() override;
    // SessionListener
    void session_attached() override;
    void session_unmapped() override;
    void session_closed(const std::string& reason) override;

    [[nodiscard]] std::unique_ptr<Session> make_session(UniqueFd socket);
    void release_unused();

    const Served parts_;
    const std::string path_;
    Timer release_timer_;
    Stats stats_;
    LogLimiter log_limiter_;
    std::list<Refusal> refusals_;
    /// The client that has the place, which owns it; null: there is none.
    Session* session_ = nullptr;
    ClientPlace place_;
};

}  // namespace oriel::vfio_user
