// SPDX-License-Identifier: MIT
#include "net/helper_link.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace oriel {

Result<SocketPair> make_helper_sockets() {
    auto pair = make_socket_pair("socketpair", SOCK_SEQPACKET);
    if (pair && ::fcntl(pair->ours.get(), F_SETFL, O_NONBLOCK) != 0) {
        return system_error("socketpair");
    }
    return pair;
}

Result<std::unique_ptr<ChildProcess>> start_helper(EventLoop& loop, const std::string& program,
                                                   const UniqueFd& theirs,
                                                   const std::vector<std::string>& arguments) {
    std::vector<std::string> command{program, std::to_string(theirs.get())};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return ChildProcess::start(
        loop, command, [](const ExitStatus&) {}, theirs.get());
}

}  // namespace oriel
