// SPDX-License-Identifier: MIT
#include "vfio_user/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/byte_reader.h"
#include "core/log.h"
#include "message.h"
#include "net/message_channel.h"
#include "session.h"

namespace oriel::vfio_user {
namespace {

constexpr const char* kArea = "vfio-user";
/// Firmware takes RAM away and gives it back within a millisecond, several times in a row.
constexpr Nanoseconds kReleaseAfter{2'000'000'000};
/// Clients that wait to hear that they are refused.
constexpr size_t kMaxRefusals = 4;

}  // namespace

/// A client that came while another one is attached: its first message is answered with "busy", so
/// that the VMM says something better than "end of file".
class Server::Refusal {
public:
    Refusal(EventLoop& loop, UniqueFd socket) : channel_{std::move(socket), kFraming} {
        auto watch = loop.watch(channel_.fd(), FdEvents::kRead, [this](FdEvents) { receive(); });
        if (watch) {
            watch_ = std::move(*watch);
        }
    }
    [[nodiscard]] bool over() const { return !watch_.active(); }

private:
    void receive() {
        const MessageChannel::Receive result = channel_.receive();
        if (result == MessageChannel::Receive::kAgain) {
            return;
        }
        if (result == MessageChannel::Receive::kMessage) {
            Header header = header_of(channel_.message().header);
            header.size = sizeof header;
            header.flags = kTypeReply | kFlagError;
            header.error = EBUSY;
            static_cast<void>(channel_.send(bytes_of(header)));
        }
        watch_.reset();
        channel_.close();
    }

    MessageChannel channel_;
    FdWatch watch_;
};

Server::Server(const Served& parts, const std::string& path, ClientListener* client_listener)
    : parts_{parts},
      path_{path},
      release_timer_{parts.loop, [this] { release_unused(); }},
      place_{parts.loop, path, {*this, client_listener}} {}

Server::~Server() {
    if (parts_.attachment != nullptr && session_ != nullptr && !session_->closed()) {
        // Nothing that happens from now on is the client's doing.
        parts_.function.keep(nullptr);
        parts_.attachment->leave();
    }
}

void Server::resume(const InheritedDescriptors& inherited) {
    if (parts_.attachment == nullptr) {
        return;
    }
    auto left = parts_.attachment->take(inherited, parts_.function,
                                        parts_.loop.clock().now().time_since_epoch().count());
    if (left && !*left) {
        return;
    }
    Result<void> resumed;
    if (left) {
        auto session = make_session(std::move((*left)->socket));
        resumed = session->resume(std::move(**left));
        if (resumed) {
            ++stats_.clients;
            place_.resume(std::move(session));
            return;
        }
        client_goes();
        session.reset();
        client_gone();
    } else {
        resumed = tl::unexpected(left.error());
    }
    // log: once a process and socket
    log_warn(kArea, "the VM of the process before can't stay attached to {}: {}", path_,
             resumed.error().message());
}

std::unique_ptr<Session> Server::make_session(UniqueFd socket) {
    auto session = std::make_unique<Session>(parts_, stats_, log_limiter_, std::move(socket),
                                             static_cast<SessionListener&>(*this));
    session_ = session.get();
    return session;
}

std::unique_ptr<PlacedClient> Server::make_client(UniqueFd socket) {
    std::erase_if(refusals_, [](const Refusal& refusal) { return refusal.over(); });
    return make_session(std::move(socket));
}

void Server::refuse(UniqueFd socket) {
    ++stats_.clients_refused;
    if (log_limiter_.admit(parts_.loop.clock().now())) {
        log_warn(kArea, "refused a second VMM on {}: one is attached", path_);
    }
    std::erase_if(refusals_, [](const Refusal& refusal) { return refusal.over(); });
    if (refusals_.size() >= kMaxRefusals) {
        refusals_.pop_front();
    }
    refusals_.emplace_back(parts_.loop, std::move(socket));
}

void Server::session_attached() {
    ++stats_.clients;
    log_debug(kArea, "a VMM is attached on {}", path_);
    place_.client_attached();
}

void Server::release_unused() {
    parts_.memory.release_unused();
    if (parts_.attachment != nullptr && parts_.attachment->kept()) {
        parts_.attachment->release_unused();
    }
}

void Server::session_unmapped() {
    release_timer_.arm_after(kReleaseAfter);
}

void Server::session_closed(const std::string& reason) {
    place_.client_closed(reason);
}

void Server::client_goes() {
    parts_.function.keep(nullptr);
    if (parts_.attachment != nullptr && parts_.attachment->kept()) {
        // Somebody else has a copy of the socket.
        ::shutdown(session_->socket(), SHUT_RDWR);
        parts_.attachment->end();
    }
    parts_.function.power_off();
}

void Server::client_gone() {
    session_ = nullptr;
    parts_.memory.clear();
    release_timer_.disarm();
}

}  // namespace oriel::vfio_user
