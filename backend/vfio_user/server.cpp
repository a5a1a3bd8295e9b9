// SPDX-License-Identifier: MIT
#include "vfio_user/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "channel.h"
#include "core/byte_reader.h"
#include "core/log.h"
#include "net/local_socket.h"
#include "session.h"

namespace oriel::vfio_user {
namespace {

constexpr const char* kArea = "vfio-user";
/// Firmware takes RAM away and gives it back within a millisecond, several times in a row.
constexpr Nanoseconds kReleaseAfter{2'000'000'000};
/// Clients that wait to hear that they are refused.
constexpr size_t kMaxRefusals = 4;
/// Clients that have said nothing yet. Beyond, a new one is closed at once, unless the oldest has
/// been silent for so long.
constexpr size_t kMaxSilent = 8;
constexpr Nanoseconds kPatience{5'000'000'000};

}  // namespace

/// A client that came while another one is attached: its first message is answered with "busy", so
/// that the VMM says something better than "end of file".
class Server::Refusal {
public:
    Refusal(EventLoop& loop, UniqueFd socket) : channel_{std::move(socket)} {
        auto watch = loop.watch(channel_.fd(), FdEvents::kRead, [this](FdEvents) { receive(); });
        if (watch) {
            watch_ = std::move(*watch);
        }
    }
    [[nodiscard]] bool over() const { return !watch_.active(); }

private:
    void receive() {
        const Channel::Receive result = channel_.receive();
        if (result == Channel::Receive::kAgain) {
            return;
        }
        if (result == Channel::Receive::kMessage) {
            Header header = channel_.message().header;
            header.size = sizeof header;
            header.flags = kTypeReply | kFlagError;
            header.error = EBUSY;
            static_cast<void>(channel_.send(bytes_of(header)));
        }
        watch_.reset();
        channel_.close();
    }

    Channel channel_;
    FdWatch watch_;
};

/// A client that has not said anything yet, so nobody knows whether it is a VMM.
class Server::Silent {
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

Server::Server(const Served& parts, const std::string& path, ClientListener* client_listener)
    : parts_{parts},
      client_listener_{client_listener},
      listener_{path},
      acceptor_{parts.loop, listener_.fd(), *this},
      release_timer_{parts.loop, [this] { parts_.memory.release_unused(); }},
      path_{path},
      finish_{parts.loop, [this] { finish_closed(); }} {}

Server::~Server() {
    if (session_) {
        drop();
    }
}

bool Server::attached() const {
    return session_ && session_->attached() && !session_->closed();
}

pid_t Server::client_process() const {
    return session_ && !session_->closed() ? peer_process(session_->socket()) : 0;
}

bool Server::device_used() const {
    return session_ ? session_->device_used() : last_used_device_;
}

/// A connection alone takes the place from nobody.
void Server::accepted(UniqueFd client) {
    if (silent_.size() >= kMaxSilent) {
        if (parts_.loop.clock().now() - silent_.front().since() < kPatience) {
            return;  // closes it
        }
        silent_.pop_front();
    }
    Silent& silent = silent_.emplace_back(std::move(client), ++last_number_);
    silent.watch(parts_.loop, [this, &silent](FdEvents) { spoke(silent); });
}

/// Whether a client keeps the place that it has. Whoever has not used the device, or has sent half
/// a message, keeps it for a while only, and from nobody who was there earlier.
bool Server::keeps_place(uint64_t other) const {
    if (!session_ || session_->closed()) {
        return false;
    }
    const Nanoseconds had = parts_.loop.clock().now() - session_since_;
    return session_->device_used() || (session_number_ < other && had < kPatience);
}

void Server::spoke(Silent& silent) {
    const uint64_t number = silent.number();
    UniqueFd client = silent.take();
    silent_.remove_if([&silent](const Silent& one) { return &one == &silent; });
    std::erase_if(refusals_, [](const Refusal& refusal) { return refusal.over(); });
    std::byte next{};
    if (::recv(client.get(), &next, sizeof next, MSG_PEEK | MSG_DONTWAIT) == 0) {
        return;  // it has gone
    }
    if (keeps_place(number)) {
        refuse(std::move(client));
        return;
    }
    if (session_ && !session_->closed()) {
        reason_ = "gave way to another client";
    }
    finish();  // the end of the last one is perhaps just not told yet
    session_since_ = parts_.loop.clock().now();
    session_number_ = number;
    session_ = std::make_unique<Session>(parts_, stats_, log_limiter_, std::move(client),
                                         static_cast<SessionListener&>(*this));
}

void Server::refuse(UniqueFd client) {
    ++stats_.clients_refused;
    if (log_limiter_.admit(parts_.loop.clock().now())) {
        log_warn(kArea, "refused a second VMM on {}: one is attached", path_);
    }
    if (refusals_.size() >= kMaxRefusals) {
        refusals_.pop_front();
    }
    refusals_.emplace_back(parts_.loop, std::move(client));
}

void Server::session_attached() {
    ++stats_.clients;
    log_debug(kArea, "a VMM is attached on {}", path_);
    if (client_listener_ != nullptr) {
        client_listener_->client_attached();
    }
}

void Server::session_unmapped() {
    release_timer_.arm_after(kReleaseAfter);
}

void Server::session_closed(const std::string& reason) {
    reason_ = reason;
    // Not here: the session is still on the stack.
    finish_.schedule();
}

/// Another client may have the place by now.
void Server::finish_closed() {
    if (session_ && session_->closed()) {
        finish();
    }
}

/// The client is gone: so is all that it knew.
void Server::finish() {
    if (!session_) {
        return;
    }
    const bool was_attached = session_->attached();
    last_used_device_ = session_->device_used();
    if (was_attached && client_listener_ != nullptr) {
        client_listener_->client_leaving(reason_);
    }
    drop();
    if (was_attached && client_listener_ != nullptr) {
        client_listener_->client_detached(reason_);
    }
}

void Server::drop() {
    parts_.function.power_off();
    session_.reset();
    parts_.memory.clear();
    release_timer_.disarm();
}

}  // namespace oriel::vfio_user
