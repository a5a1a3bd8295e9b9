// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "guest/guest_memory.h"
#include "net/client_place.h"
#include "vhost_user/stats.h"
#include "virtio/device.h"
#include "virtio/queue_set.h"

namespace oriel::vhost_user {

class MemoryTable;
class Vrings;

/// What a VMM's device does not do is told once in a process, however often it connects.
struct SaidOnce {
    bool gpu_socket = false;
    std::string missing;  ///< the last one
};

/// Serves one virtio device to a VMM over vhost-user, as its back end: on a Unix socket, one client
/// at a time (see ClientPlace), never blocks.
///
/// When the client goes, for whatever reason, the device is reset, guest memory is forgotten, and
/// the server waits for the next client.
class Server final : private PlaceOwner {
public:
    /// What is served, and on which loop. Lent, all of them: they must outlive the server.
    struct Served {
        EventLoop& loop;
        virtio::Device& device;
        guest::GuestMemory& memory;
    };

    /// Listens on `path`, see ClientPlace. `clients` is lent and must outlive the server; null:
    /// nobody wants to know.
    Server(const Served& parts, const std::string& path, ClientListener* clients = nullptr);
    /// `connected` leads to the only VMM that there will be.
    Server(const Served& parts, UniqueFd connected, ClientListener* clients = nullptr);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Drops the client and removes the socket. The listener isn't called.
    ~Server();

    [[nodiscard]] const ClientPlace& place() const { return *place_; }
    [[nodiscard]] bool attached() const { return place_->attached(); }
    [[nodiscard]] const Stats& stats() const { return stats_; }
    [[nodiscard]] const virtio::QueueSet::Counters& counters() const;

private:
    explicit Server(const Served& parts);

    // PlaceOwner
    [[nodiscard]] std::unique_ptr<PlacedClient> make_client(UniqueFd socket) override;
    void refuse(UniqueFd socket) override;
    void client_goes() override;
    void client_gone() override;

    const Served parts_;
    Stats stats_;
    LogLimiter log_limiter_;
    SaidOnce said_;
    std::unique_ptr<MemoryTable> table_;
    std::unique_ptr<Vrings> rings_;
    std::unique_ptr<ClientPlace> place_;
};

}  // namespace oriel::vhost_user
