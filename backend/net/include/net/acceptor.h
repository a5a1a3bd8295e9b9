// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel {

/// Takes connections off a listening socket. While the process or the machine has no file
/// descriptor left, a waiting client stays readable and would keep the loop spinning: then nothing
/// is accepted for kPause.
class Acceptor {
public:
    static constexpr Nanoseconds kPause{100'000'000};

    /// Gets sockets that are close-on-exec and don't block.
    using Accepted = std::function<void(UniqueFd)>;

    /// `loop` and `socket` (listening, non-blocking) are lent and must outlive this. Throws
    /// StartupError if the socket can't be watched.
    Acceptor(EventLoop& loop, int socket, Accepted accepted);

private:
    void accept();
    void resume() { watch_.set_events(FdEvents::kRead); }

    int socket_;
    Accepted accepted_;
    FdWatch watch_;
    Timer pause_;
};

}  // namespace oriel
