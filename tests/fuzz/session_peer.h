// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "harness.h"

namespace oriel::test {

/// Two ends of a connection; neither waits.
inline std::array<UniqueFd, 2> connected_sockets() {
    std::array<int, 2> ends{-1, -1};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// Some turns of a session's loop; `peer` hears the answers, and keeps none.
inline void run_session(EventLoop& loop, int peer) {
    std::array<std::byte, 65536> replies;
    for (int i = 0; i < 4; ++i) {
        const Turn turn;
        loop.dispatch(Nanoseconds{0});
        while (::recv(peer, replies.data(), replies.size(), MSG_DONTWAIT) > 0) {
        }
    }
}

}  // namespace oriel::test
