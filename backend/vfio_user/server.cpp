// SPDX-License-Identifier: MIT
#include "vfio_user/server.h"

#include <algorithm>
#include <cerrno>
#include <list>
#include <utility>

#include "channel.h"
#include "core/byte_reader.h"
#include "core/log.h"
#include "listener.h"
#include "net/acceptor.h"
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
class Refusal {
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

class Server::Impl {
public:
    Impl(const Parts& parts, const std::string& path, Events events)
        : parts_{parts},
          events_{std::move(events)},
          listener_{path},
          acceptor_{parts_.loop, listener_.fd(),
                    [this](UniqueFd client) { accepted(std::move(client)); }},
          release_timer_{parts.loop, [this] { parts_.memory.release_unused(); }},
          path_{path} {}

    ~Impl() {
        if (session_) {
            drop();
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] bool attached() const {
        return session_ && session_->attached() && !session_->closed();
    }
    [[nodiscard]] const Stats& stats() const { return stats_; }

private:
    void accepted(UniqueFd client) {
        std::erase_if(refusals_, [](const Refusal& refusal) { return refusal.over(); });
        if (attached()) {
            refuse(std::move(client));
            return;
        }
        // Either over (its end is just not told yet), or it never said what it is.
        finish();
        session_ = std::make_unique<Session>(
            parts_, stats_, std::move(client),
            Session::Events{.attached = [this] { client_attached(); },
                            .unmapped = [this] { release_timer_.arm_after(kReleaseAfter); },
                            .closed = [this](const std::string& reason) { closed(reason); }});
    }

    void refuse(UniqueFd client) {
        ++stats_.clients_refused;
        if (log_limiter_.admit(parts_.loop.clock().now())) {
            log_warn(kArea, "refused a second VMM on {}: one is attached", path_);
        }
        if (refusals_.size() >= kMaxRefusals) {
            refusals_.pop_front();
        }
        refusals_.emplace_back(parts_.loop, std::move(client));
    }

    void client_attached() {
        ++stats_.clients;
        log_debug(kArea, "a VMM is attached on {}", path_);
        if (events_.attached) {
            events_.attached();
        }
    }

    void closed(const std::string& reason) {
        reason_ = reason;
        // Not here: the session is still on the stack.
        parts_.loop.defer([weak = std::weak_ptr{self_}] {
            if (const auto self = weak.lock(); self && (*self)->session_over()) {
                (*self)->finish();
            }
        });
    }

    [[nodiscard]] bool session_over() const { return session_ && session_->closed(); }

    /// The client is gone: so is all that it knew.
    void finish() {
        if (!session_) {
            return;
        }
        const bool was_attached = session_->attached();
        drop();
        if (was_attached && events_.detached) {
            events_.detached(reason_);
        }
    }

    void drop() {
        parts_.function.reset();
        session_.reset();
        parts_.memory.clear();
        release_timer_.disarm();
    }

    const Parts parts_;
    Events events_;
    Listener listener_;
    Acceptor acceptor_;
    Timer release_timer_;
    const std::string path_;
    Stats stats_;
    std::unique_ptr<Session> session_;
    std::list<Refusal> refusals_;
    std::string reason_;
    LogLimiter log_limiter_;
    // Deferred calls hold it weakly: they may outlive this object.
    std::shared_ptr<Impl*> self_ = std::make_shared<Impl*>(this);
};

Server::Server(const Parts& parts, const std::string& path, Events events)
    : impl_{std::make_unique<Impl>(parts, path, std::move(events))} {}

Server::~Server() = default;

bool Server::attached() const {
    return impl_->attached();
}

const Stats& Server::stats() const {
    return impl_->stats();
}

}  // namespace oriel::vfio_user
