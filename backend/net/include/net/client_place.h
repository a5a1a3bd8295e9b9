// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "net/acceptor.h"
#include "net/listener.h"

namespace oriel {

/// What whoever owns a server hears of its client, a VMM.
class ClientListener {
public:
    ClientListener() = default;
    ClientListener(const ClientListener&) = delete;
    ClientListener& operator=(const ClientListener&) = delete;

    /// A VMM has said that it is one: it has agreed on a protocol version, or set itself as owner.
    virtual void client_attached() = 0;
    /// It had attached to an earlier process, and this one goes on with it.
    virtual void client_resumed() { client_attached(); }
    /// That VMM is gone; the device and the guest's memory are as it has left them, and
    /// client_detached() comes next. `reason` is the same.
    virtual void client_leaving(const std::string& /*reason*/) {}
    /// That VMM is gone and the device is reset; `reason` completes the line "the VMM …". May
    /// destroy nothing of the server's; EventLoop::quit() is fine.
    virtual void client_detached(const std::string& reason) = 0;

protected:
    ~ClientListener() = default;
};

/// The client that has a server's place.
class PlacedClient {
public:
    PlacedClient() = default;
    PlacedClient(const PlacedClient&) = delete;
    PlacedClient& operator=(const PlacedClient&) = delete;
    virtual ~PlacedClient() = default;

    /// See ClientListener::client_attached().
    [[nodiscard]] virtual bool attached() const = 0;
    /// It has also done something with the device, as only a VMM does. Whoever only looks has not.
    [[nodiscard]] virtual bool device_used() const = 0;
    [[nodiscard]] virtual bool closed() const = 0;
    /// Lent.
    [[nodiscard]] virtual int socket() const = 0;
};

/// The server whose place it is.
class PlaceOwner {
public:
    PlaceOwner() = default;
    PlaceOwner(const PlaceOwner&) = delete;
    PlaceOwner& operator=(const PlaceOwner&) = delete;

    [[nodiscard]] virtual std::unique_ptr<PlacedClient> make_client(UniqueFd socket) = 0;
    /// Another client has the place.
    virtual void refuse(UniqueFd socket) = 0;
    /// Before, and after, a client is destroyed.
    virtual void client_goes() = 0;
    virtual void client_gone() = 0;

protected:
    ~PlaceOwner() = default;
};

/// One client at a time, on a socket at a path or on one that is connected already. Never blocks.
///
/// The place belongs to the client that uses the device. Before one does, it is the first one's who
/// has said something, for some seconds; but one that connected earlier gets it when it speaks.
class ClientPlace final : private ConnectionListener {
public:
    struct Listeners {
        PlaceOwner& owner;
        ClientListener* clients = nullptr;  ///< null: nobody wants to know
    };

    /// Listens on `path` (mode 0600). A socket that a dead process left is replaced. Loop and
    /// listeners are lent and must outlive this. Throws StartupError with exit code 2 if the path
    /// is too long, is not a socket, or belongs to a live process.
    ClientPlace(EventLoop& loop, const std::string& path, const Listeners& listeners);
    /// `connected` leads to the only client that there will be.
    ClientPlace(EventLoop& loop, UniqueFd connected, const Listeners& listeners);
    ClientPlace(const ClientPlace&) = delete;
    ClientPlace& operator=(const ClientPlace&) = delete;
    /// Drops the client and removes the socket; only the owner is told.
    ~ClientPlace();

    [[nodiscard]] bool attached() const;
    /// The process of the client; 0 where there is none, or none that can be seen.
    [[nodiscard]] pid_t client_process() const;
    /// Its socket, lent; -1 where there is no client.
    [[nodiscard]] int client_socket() const;
    /// The client that is attached, or was last, has used the device. Whoever connects, perhaps
    /// looks at the device, and goes, was no VMM: nothing ends with it.
    [[nodiscard]] bool device_used() const;

    /// Gives the place, which is free, to the client of an earlier process.
    void resume(std::unique_ptr<PlacedClient> client);

    /// To be called by the client, when it is attached, and when its connection is over.
    void client_attached();
    void client_closed(const std::string& reason);

private:
    class Silent;

    // ConnectionListener
    void accepted(UniqueFd client) override;

    [[nodiscard]] bool keeps_place(uint64_t other) const;
    void spoke(Silent& silent);
    void finish_closed();
    void finish();
    void drop();

    EventLoop& loop_;
    const Listeners listeners_;
    std::optional<Listener> listener_;
    std::optional<Acceptor> acceptor_;
    std::unique_ptr<PlacedClient> client_;
    TimePoint client_since_{};
    uint64_t client_number_ = 0;
    uint64_t last_number_ = 0;
    bool last_used_device_ = false;
    std::list<Silent> silent_;
    std::string reason_;
    DeferredCall finish_;
};

}  // namespace oriel
