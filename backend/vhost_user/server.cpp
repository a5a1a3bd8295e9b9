// SPDX-License-Identifier: MIT
#include "vhost_user/server.h"

#include <sys/types.h>

#include <utility>

#include "front_end_session.h"
#include "memory_table.h"
#include "net/local_socket.h"
#include "vrings.h"

namespace oriel::vhost_user {

Server::Server(const Served& parts)
    : parts_{parts},
      table_{std::make_unique<MemoryTable>(parts.memory)},
      rings_{std::make_unique<Vrings>(parts.loop, parts.memory, parts.device, *table_, stats_)} {}

Server::Server(const Served& parts, const std::string& path, ClientListener* clients)
    : Server{parts} {
    place_ =
        std::make_unique<ClientPlace>(parts_.loop, path, ClientPlace::Listeners{*this, clients});
}

Server::Server(const Served& parts, UniqueFd connected, ClientListener* clients) : Server{parts} {
    place_ = std::make_unique<ClientPlace>(parts_.loop, std::move(connected),
                                           ClientPlace::Listeners{*this, clients});
}

Server::~Server() = default;

const virtio::QueueSet::Counters& Server::counters() const {
    return rings_->counters();
}

std::unique_ptr<PlacedClient> Server::make_client(UniqueFd socket) {
    parts_.memory.set_owner(peer_process(socket.get()));
    return std::make_unique<FrontEndSession>(
        FrontEndSession::ServedDevice{parts_.loop, parts_.device, *table_, *rings_, stats_,
                                      log_limiter_, said_, *place_},
        std::move(socket));
}

/// The protocol has no way to say why: closes it.
void Server::refuse(UniqueFd) {
    ++stats_.clients_refused;
    if (log_limiter_.admit(parts_.loop.clock().now())) {
        log_warn("vhost-user", "refused a second VMM: one is attached");
    }
}

void Server::client_goes() {
    stats_.missing.clear();
    rings_->power_off();
}

void Server::client_gone() {
    table_->clear();
}

}  // namespace oriel::vhost_user
