// SPDX-License-Identifier: MIT
#include "outside/outside_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <utility>

#include "core/clock.h"
#include "core/descriptor_pair.h"
#include "core/event_loop.h"
#include "outside/outside_server.h"

namespace oriel::app {
namespace {

/// The child. What the terminal's user or a service manager sends to all processes of a service is
/// for the one that serves the VM: this one ends with it, by its socket's end.
[[noreturn]] void serve(int socket, const Outside::Places& places, pid_t parent) {
    ::prctl(PR_SET_NAME, "oriel-outside");
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(0);
    }
    sigset_t shared;
    ::sigemptyset(&shared);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        ::sigaddset(&shared, signal);
    }
    ::sigprocmask(SIG_BLOCK, &shared, nullptr);
    constexpr int kSocket = 3;
    if (socket != kSocket) {
        ::dup3(socket, kSocket, O_CLOEXEC);
    }
    // The VMM's, the compositor's and the service manager's are the other process' alone.
    ::close_range(kSocket + 1, ~0U, 0);
    try {
        const SystemClock clock;
        EventLoop loop{clock};
        OutsideServer server{loop, UniqueFd{kSocket}, places};
        const int status = loop.run();
        // Before `server` goes: a recorder finishes its file, whoever is gone.
        ::_exit(status);
    } catch (const std::exception&) {
        ::_exit(1);
    }
}

}  // namespace

Result<UniqueFd> start_outside(const Outside::Places& places) {
    constexpr const char* kPurpose = "start the process outside the sandbox";
    auto sockets = make_socket_pair(kPurpose, SOCK_SEQPACKET | SOCK_NONBLOCK);
    if (!sockets) {
        return tl::unexpected(sockets.error());
    }
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        return system_error("{}", kPurpose);
    }
    if (child == 0) {
        serve(sockets->theirs.get(), places, parent);
    }
    return std::move(sockets->ours);
}

}  // namespace oriel::app
