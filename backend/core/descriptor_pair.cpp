// SPDX-License-Identifier: MIT
#include "core/descriptor_pair.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace oriel {

Result<Pipe> make_pipe(const std::string& purpose, int flags) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | flags) != 0) {
        return system_error("{}", purpose);
    }
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Result<SocketPair> make_socket_pair(const std::string& purpose, int type) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return system_error("{}", purpose);
    }
    return SocketPair{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

}  // namespace oriel
