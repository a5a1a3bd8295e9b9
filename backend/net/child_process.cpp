// SPDX-License-Identifier: MIT
#include "net/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "core/descriptor_pair.h"
#include "net/child_signals.h"
#include "net/outside.h"
#include "net/pidfd.h"

namespace oriel {
namespace {

constexpr int kKillPatienceMs = 1000;

/// In the child, between fork() and exec(): only what is safe in a signal handler.
[[noreturn]] void become(char* const* arguments, pid_t parent, int failure, int inherited) {
    unblock_signals();
    if (inherited >= 0) {
        ::fcntl(inherited, F_SETFD, 0);
    }
    static_cast<void>(std::signal(SIGPIPE, SIG_DFL));
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == parent) {
        ::execvp(arguments[0], arguments);
    }
    const int error = errno;
    static_cast<void>(!::write(failure, &error, sizeof error));
    ::_exit(127);
}

}  // namespace

std::vector<char*> exec_arguments(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    return arguments;
}

std::string to_string(const ExitStatus& status) {
    return status.signal != 0
               ? fmt::format("by signal {} ({})", status.signal, ::strsignal(status.signal))
               : fmt::format("with status {}", status.code);
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(EventLoop& loop,
                                                          const std::vector<std::string>& command,
                                                          Ended ended, int inherited) {
    const std::vector<char*> arguments = exec_arguments(command);
    auto pipe = make_pipe(fmt::format("start {}", command.front()));
    if (!pipe) {
        return tl::unexpected(pipe.error());
    }
    const UniqueFd failure = std::move(pipe->reader);
    UniqueFd report = std::move(pipe->writer);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return system_error("start {}", command.front());
    }
    if (pid == 0) {
        become(arguments.data(), parent, report.get(), inherited);
    }
    report.reset();
    UniqueFd pidfd{::pidfd_open(pid, 0)};
    int error = pidfd ? 0 : errno;
    // Ends with exec(), which closes the other end.
    if (::read(failure.get(), &error, sizeof error) != 0 || !pidfd) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        errno = error;
        return system_error("start {}", command.front());
    }
    auto child = std::unique_ptr<ChildProcess>{
        new ChildProcess{loop, pid, std::move(pidfd), std::move(ended)}};
    auto watch = loop.watch(child->handle_.fd(), FdEvents::kRead,
                            [self = child.get()](FdEvents) { self->exited(); });
    if (!watch) {
        return tl::unexpected(std::move(watch).error());
    }
    child->watch_ = std::move(*watch);
    return child;
}

ChildProcess::ChildProcess(EventLoop& loop, pid_t pid, UniqueFd pidfd, Ended ended)
    : handle_{loop, pid, std::move(pidfd)}, ended_{std::move(ended)} {}

ChildProcess::~ChildProcess() {
    if (!running()) {
        return;
    }
    handle_.send(SIGKILL);
    // In a sandbox somebody else sends that, who may be gone.
    pollfd ended{handle_.fd(), POLLIN, 0};
    if (Outside::current() == nullptr || ::poll(&ended, 1, kKillPatienceMs) > 0) {
        ::waitpid(pid(), nullptr, 0);
    }
}

void ChildProcess::exited() {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(handle_.fd()), &info, WEXITED | WNOHANG) != 0 ||
        info.si_pid == 0) {
        return;
    }
    watch_.reset();
    handle_.ended();
    ended_(info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status}
                                      : ExitStatus{.signal = info.si_status});
}

}  // namespace oriel
