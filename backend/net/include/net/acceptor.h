// SPDX-License-Identifier: MIT
#pragma once

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel {

/// Who gets the connections.
class ConnectionListener {
public:
    ConnectionListener() = default;
    ConnectionListener(const ConnectionListener&) = delete;
    ConnectionListener& operator=(const ConnectionListener&) = delete;

    /// `client` is close-on-exec and doesn't block.
    virtual void accepted(UniqueFd client) = 0;

protected:
    ~ConnectionListener() = default;
};

/// Takes connections off a listening socket. While the process or the machine has no file
/// descriptor left, a waiting client stays readable and would keep the loop spinning: then nothing
/// is accepted for kPause.
class Acceptor {
public:
    static constexpr Nanoseconds kPause{100'000'000};

    /// All are lent and must outlive this; `socket` listens and doesn't block. Throws StartupError
    /// if the socket can't be watched.
    Acceptor(EventLoop& loop, int socket, ConnectionListener& listener);

private:
    void accept();
    void resume() { watch_.set_events(FdEvents::kRead); }

    int socket_;
    ConnectionListener& listener_;
    FdWatch watch_;
    Timer pause_;
};

}  // namespace oriel
