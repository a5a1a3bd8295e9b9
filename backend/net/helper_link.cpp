// SPDX-License-Identifier: MIT
#include "net/helper_link.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "net/outside.h"

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

Result<std::unique_ptr<HelperProcess>> HelperProcess::start(
    EventLoop& loop, HelperKind kind, const std::string& program, const UniqueFd& theirs,
    const std::vector<std::string>& arguments) {
    if (Outside* const outside = Outside::current()) {
        const auto number = outside->start(kind, theirs.get());
        if (!number) {
            return tl::unexpected(number.error());
        }
        return std::unique_ptr<HelperProcess>{new HelperProcess{nullptr, *number}};
    }
    auto child = start_helper(loop, program, theirs, arguments);
    if (!child) {
        return tl::unexpected(child.error());
    }
    return std::unique_ptr<HelperProcess>{new HelperProcess{std::move(*child), 0}};
}

HelperProcess::~HelperProcess() {
    Outside* const outside = Outside::current();
    if (outside_ != 0 && outside != nullptr) {
        outside->end(outside_);
    }
}

}  // namespace oriel
