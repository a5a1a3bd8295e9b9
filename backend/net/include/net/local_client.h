// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/unique_fd.h"
#include "net/connect_attempt.h"

namespace oriel {

/// A client of a Unix stream socket that may come, go and come back: connects by itself, again and
/// again, and never waits. One line in the log says why there is no connection, once.
class LocalClient final : private ConnectListener {
public:
    static constexpr Nanoseconds kRetry{1'000'000'000};

    /// Who the client is for.
    class Listener {
    public:
        Listener() = default;
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;

        virtual void connected() = 0;
        /// What has come, lent for the call: one read a turn of the loop. May call drop().
        virtual void received(std::string_view bytes) = 0;
        /// A connection that there was is over, by drop() too.
        virtual void lost() = 0;
        /// All that was to be sent is with the kernel, after some of it had to wait.
        virtual void drained() {}

    protected:
        ~Listener() = default;
    };
    /// What lines of the log say.
    struct Words {
        const char* area;    ///< lent, of static storage
        const char* server;  ///< "closed by SERVER"; the same
    };

    /// `loop` and `listener` are lent and must outlive this. Nothing need be at `path` yet.
    /// `connected` may be called from inside the constructor.
    LocalClient(EventLoop& loop, std::string path, Words words, Listener& listener);
    LocalClient(const LocalClient&) = delete;
    LocalClient& operator=(const LocalClient&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool connected() const { return socket_.valid(); }
    /// Bytes that the kernel hasn't taken yet.
    [[nodiscard]] size_t unsent() const { return output_.size() - sent_; }
    /// Bytes of memory that they take.
    [[nodiscard]] size_t held_bytes() const { return output_.capacity(); }

    /// Adds to what is to be sent; not bounded here. Nothing without a connection.
    void queue(std::string_view bytes);
    /// Sends what goes now, the rest when there is room. May find the connection lost.
    void flush();

    /// Ends the connection for the reason `why` and tries again in a while.
    void drop(const std::string& why, Nanoseconds retry = kRetry);
    /// A line of the log about the connection, unless the last one was the same.
    void say_once(const std::string& line);

private:
    void connect() { attempt_.start(path_); }
    void connect_ended(Result<UniqueFd> socket) override;
    void happened(FdEvents events);
    void receive();
    void closed();

    EventLoop& loop_;
    const std::string path_;
    const Words words_;
    Listener& listener_;
    UniqueFd socket_;
    FdWatch watch_;
    std::string output_;
    size_t sent_ = 0;  // of output_
    bool waited_ = false;
    std::string said_;
    LogLimiter log_limiter_{10, Nanoseconds{10'000'000'000}};
    ConnectAttempt attempt_{static_cast<ConnectListener&>(*this)};
    Timer retry_{loop_, [this] { connect(); }};
};

}  // namespace oriel
