// SPDX-License-Identifier: MIT
#include "net/client_place.h"

#include <sys/socket.h>

#include <utility>

#include "net/local_socket.h"

namespace oriel {
namespace {

/// Clients that have said nothing yet. Beyond, a new one is closed at once, unless the oldest has
/// been silent for so long.
constexpr size_t kMaxSilent = 8;
constexpr Nanoseconds kPatience{5'000'000'000};

}  // namespace

/// A client that has not said anything yet, so nobody knows whether it is a VMM.
class ClientPlace::Silent {
public:
    /// `number`: the larger the later it connected.
    Silent(UniqueFd socket, uint64_t number) : socket_{std::move(socket)}, number_{number} {}

    /// `spoke` is called when something has come, or the client has gone.
    void watch(EventLoop& loop, FdWatch::Callback spoke) {
        since_ = loop.clock().now();
        auto watch = loop.watch(socket_.get(), FdEvents::kRead, std::move(spoke));
        if (watch) {
            watch_ = std::move(*watch);
        }
    }
    [[nodiscard]] TimePoint since() const { return since_; }
    [[nodiscard]] uint64_t number() const { return number_; }
    /// The socket, which is no longer watched.
    [[nodiscard]] UniqueFd take() {
        watch_.reset();
        return std::move(socket_);
    }

private:
    UniqueFd socket_;
    uint64_t number_;
    TimePoint since_{};
    FdWatch watch_;
};

ClientPlace::ClientPlace(EventLoop& loop, const std::string& path, const Listeners& listeners)
    : loop_{loop},
      listeners_{listeners},
      listener_{std::in_place, path},
      finish_{loop, [this] { finish_closed(); }} {
    acceptor_.emplace(loop, listener_->fd(), static_cast<ConnectionListener&>(*this));
}

ClientPlace::ClientPlace(EventLoop& loop, UniqueFd connected, const Listeners& listeners)
    : loop_{loop}, listeners_{listeners}, finish_{loop, [this] { finish_closed(); }} {
    accepted(std::move(connected));
}

ClientPlace::~ClientPlace() {
    if (client_) {
        drop();
    }
}

bool ClientPlace::attached() const {
    return client_ && client_->attached() && !client_->closed();
}

pid_t ClientPlace::client_process() const {
    const int socket = client_socket();
    return socket >= 0 ? peer_process(socket) : 0;
}

int ClientPlace::client_socket() const {
    return client_ && !client_->closed() ? client_->socket() : -1;
}

bool ClientPlace::device_used() const {
    return client_ ? client_->device_used() : last_used_device_;
}

/// A connection alone takes the place from nobody.
void ClientPlace::accepted(UniqueFd client) {
    if (silent_.size() >= kMaxSilent) {
        if (loop_.clock().now() - silent_.front().since() < kPatience) {
            return;  // closes it
        }
        silent_.pop_front();
    }
    Silent& silent = silent_.emplace_back(std::move(client), ++last_number_);
    silent.watch(loop_, [this, &silent](FdEvents) { spoke(silent); });
}

/// Whether a client keeps the place that it has. Whoever has not used the device, or has sent half
/// a message, keeps it for a while only, and from nobody who was there earlier.
bool ClientPlace::keeps_place(uint64_t other) const {
    if (!client_ || client_->closed()) {
        return false;
    }
    const Nanoseconds had = loop_.clock().now() - client_since_;
    return client_->device_used() || (client_number_ < other && had < kPatience);
}

void ClientPlace::spoke(Silent& silent) {
    const uint64_t number = silent.number();
    UniqueFd client = silent.take();
    silent_.remove_if([&silent](const Silent& one) { return &one == &silent; });
    std::byte next{};
    if (::recv(client.get(), &next, sizeof next, MSG_PEEK | MSG_DONTWAIT) == 0) {
        // It has gone. Of one that was the only one there ever is, somebody has to hear.
        if (!acceptor_ && listeners_.clients != nullptr) {
            listeners_.clients->client_detached("closed the connection");
        }
        return;
    }
    if (keeps_place(number)) {
        listeners_.owner.refuse(std::move(client));
        return;
    }
    if (client_ && !client_->closed()) {
        reason_ = "gave way to another client";
    }
    finish();  // the end of the last one is perhaps just not told yet
    client_since_ = loop_.clock().now();
    client_number_ = number;
    client_ = listeners_.owner.make_client(std::move(client));
}

void ClientPlace::resume(std::unique_ptr<PlacedClient> client) {
    client_since_ = loop_.clock().now();
    client_number_ = ++last_number_;
    client_ = std::move(client);
    if (listeners_.clients != nullptr) {
        listeners_.clients->client_resumed();
    }
}

void ClientPlace::client_attached() {
    if (listeners_.clients != nullptr) {
        listeners_.clients->client_attached();
    }
}

void ClientPlace::client_closed(const std::string& reason) {
    reason_ = reason;
    // Not here: the client is still on the stack.
    finish_.schedule();
}

/// Another client may have the place by now.
void ClientPlace::finish_closed() {
    if (client_ && client_->closed()) {
        finish();
    }
}

/// The client is gone: so is all that it knew.
void ClientPlace::finish() {
    if (!client_) {
        return;
    }
    const bool was_attached = client_->attached();
    last_used_device_ = client_->device_used();
    // The only client there is, is one also without a word.
    const bool tell = listeners_.clients != nullptr && (was_attached || !acceptor_);
    if (tell) {
        listeners_.clients->client_leaving(reason_);
    }
    drop();
    if (tell) {
        listeners_.clients->client_detached(reason_);
    }
}

void ClientPlace::drop() {
    listeners_.owner.client_goes();
    client_.reset();
    listeners_.owner.client_gone();
}

}  // namespace oriel
