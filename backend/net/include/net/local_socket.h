// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// An error says how long a path may be.
[[nodiscard]] Result<sockaddr_un> local_address(const std::string& path);

/// A stream socket that is connected to the one at `path`. Never waits: a live process that is too
/// busy to accept is EAGAIN, a dead one ECONNREFUSED. One of another user (peer_is_trusted()) is
/// EPERM, unless it is `also`, who was trusted before.
[[nodiscard]] Result<UniqueFd> connect_local(const std::string& path,
                                             std::optional<uid_t> also = std::nullopt);

/// A non-blocking stream socket that listens on `path` (mode 0600), in place of one that a dead
/// process left there. EADDRINUSE when its process lives.
[[nodiscard]] Result<UniqueFd> listen_local(const std::string& path);

/// Sends some of `bytes`, with `fd` (lent; -1: none) attached to the first byte. Returns how many;
/// 0 when the socket is full.
[[nodiscard]] Result<size_t> send_with_fd(int socket, std::span<const char> bytes, int fd);

struct Received {
    size_t bytes = 0;  ///< 0: the peer has closed
    UniqueFd fd;       ///< the first that came, if any; others are closed
    pid_t sender = 0;  ///< as the kernel knows it; 0 where the socket has no SO_PASSCRED
};
/// Receives what is there. EAGAIN when nothing is.
[[nodiscard]] Result<Received> receive_with_fd(int socket, std::span<char> buffer);

/// Whether this user or root is at the other end.
[[nodiscard]] bool peer_is_trusted(int socket);

/// Whether `path` is where a connected socket has its name, or the one at its other end: it was
/// accepted there, or connected to there.
[[nodiscard]] bool is_connected_at(int socket, const std::string& path);

/// The process that has connected, or listens; 0 where this process can't see it.
[[nodiscard]] pid_t peer_process(int socket);

}  // namespace oriel
