// SPDX-License-Identifier: MIT
#include "net/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "core/descriptor_pair.h"
#include "core/unique_fd.h"
#include "net/child_process.h"
#include "net/child_signals.h"

namespace oriel {
namespace {

/// In the child, between fork() and exec(): only what is safe in a signal handler.
[[noreturn]] void become_printer(char* const* arguments, int output) {
    unblock_signals();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::execvp(arguments[0], arguments);
    ::_exit(127);
}

/// Up to the end of the file, the limit or the deadline; whether it was the end.
bool read_to_end(int fd, size_t limit, TimePoint deadline, const Clock& clock, std::string& text) {
    std::array<char, 16384> buffer{};
    while (text.size() <= limit) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now()).count();
        pollfd wait{fd, POLLIN, 0};
        const int ready = left <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(left));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return false;
        }
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0) {
            return got == 0;
        }
        text.append(buffer.data(), static_cast<size_t>(got));
    }
    return false;
}

}  // namespace

Result<std::string> program_output(const std::vector<std::string>& command, size_t limit,
                                   Nanoseconds patience) {
    const SystemClock clock;
    const TimePoint deadline = clock.now() + patience;
    const std::vector<char*> arguments = exec_arguments(command);
    auto pipe = make_pipe(fmt::format("start {}", command.front()));
    if (!pipe) {
        return tl::unexpected(pipe.error());
    }
    const UniqueFd output = std::move(pipe->reader);
    UniqueFd input = std::move(pipe->writer);
    const pid_t pid = ::fork();
    if (pid < 0) {
        return system_error("start {}", command.front());
    }
    if (pid == 0) {
        become_printer(arguments.data(), input.get());
    }
    input.reset();
    std::string text;
    const bool ended = read_to_end(output.get(), limit, deadline, clock, text);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    if (!ended) {
        return host_error("{}: says nothing, or does not stop", command.front());
    }
    if (text.empty()) {
        return host_error("{}: does not run, or says nothing", command.front());
    }
    return text;
}

}  // namespace oriel
