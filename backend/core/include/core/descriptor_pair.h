// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

struct Pipe {
    UniqueFd reader;
    UniqueFd writer;
};

/// Both ends close on exec(), and have the `flags` of pipe2(). `purpose` begins the error's text:
/// "start qemu".
[[nodiscard]] Result<Pipe> make_pipe(const std::string& purpose, int flags = 0);

/// Two sockets that are connected with each other.
struct SocketPair {
    UniqueFd ours;
    UniqueFd theirs;
};

/// The same of local sockets. `type`: SOCK_STREAM or SOCK_SEQPACKET, with SOCK_NONBLOCK or without.
[[nodiscard]] Result<SocketPair> make_socket_pair(const std::string& purpose, int type);

}  // namespace oriel
