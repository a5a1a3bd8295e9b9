// SPDX-License-Identifier: MIT
#include "kiosk/lasting_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "core/descriptor_pair.h"
#include "core/log.h"
#include "net/child_signals.h"
#include "net/pidfd.h"

namespace oriel::app {
namespace {

// PIDFD_SIGNAL_PROCESS_GROUP of Linux 6.9.
constexpr unsigned kWholeGroup = 1U << 2;

/// This process' environment without what a service manager says to this process alone: a program
/// that took it for its own would report in this one's name, or close somebody's descriptors.
std::vector<char*> environment_for_others() {
    constexpr auto kOwn = std::to_array<std::string_view>(
        {"NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=", "LISTEN_PID=", "LISTEN_PIDFDID=",
         "LISTEN_FDS=", "LISTEN_FDNAMES=", "FDSTORE="});
    std::vector<char*> variables;
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        if (std::none_of(kOwn.begin(), kOwn.end(),
                         [text](std::string_view own) { return text.starts_with(own); })) {
            variables.push_back(*variable);
        }
    }
    variables.push_back(nullptr);
    return variables;
}

/// Where the child finds its own number, which nobody knows before it exists.
using PidVariable = std::array<char, 32>;

/// All that the child needs, made before fork().
struct ChildPlan {
    std::vector<std::string> variables;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    PidVariable pid_variable{};
    std::vector<int> descriptors;

    ChildPlan(const std::vector<std::string>& command, const ProcessInheritance& inheritance)
        : variables{inheritance.variables},
          arguments{exec_arguments(command)},
          environment{environment_for_others()} {
        std::string names;
        for (const auto& [name, fd] : inheritance.descriptors) {
            names += (names.empty() ? "" : ":") + name;
            descriptors.push_back(fd);
        }
        if (!descriptors.empty()) {
            variables.push_back(fmt::format("LISTEN_FDS={}", descriptors.size()));
            variables.push_back("LISTEN_FDNAMES=" + names);
            environment.insert(environment.begin(), pid_variable.data());
        }
        for (std::string& variable : variables) {
            environment.insert(environment.begin(), variable.data());
        }
    }
    ChildPlan(const ChildPlan&) = delete;
    ChildPlan& operator=(const ChildPlan&) = delete;
};

/// In the child. What it needs itself goes out of the way first. False with errno.
bool place_descriptors(std::vector<int>& descriptors, int& failure, int& heirs) {
    const int end = STDERR_FILENO + 1 + static_cast<int>(descriptors.size());
    const auto move_up = [end](int& fd) {
        fd = ::fcntl(fd, F_DUPFD_CLOEXEC, end);
        return fd >= 0;
    };
    if (!move_up(failure) || !move_up(heirs) ||
        !std::all_of(descriptors.begin(), descriptors.end(), move_up)) {
        return false;
    }
    int place = STDERR_FILENO + 1;
    return std::all_of(descriptors.begin(), descriptors.end(),
                       [&place](int fd) { return ::dup2(fd, place++) >= 0; });
}

/// In the child, between fork() and exec(): only what is safe in a signal handler.
[[noreturn]] void become(ChildPlan& plan, int go, int failure, int heirs) {
    unblock_signals();
    static_cast<void>(std::signal(SIGPIPE, SIG_DFL));
    static_cast<void>(std::signal(SIGXFSZ, SIG_DFL));
    ::setsid();
    if (::read(go, plan.pid_variable.data(), plan.pid_variable.size()) !=
        static_cast<ssize_t>(plan.pid_variable.size())) {
        ::_exit(127);  // who started it is gone, or does not want it
    }
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing > STDIN_FILENO) {
        ::dup2(nothing, STDIN_FILENO);
    }
    if (plan.descriptors.empty() || place_descriptors(plan.descriptors, failure, heirs)) {
        ::fcntl(heirs, F_SETFD, 0);
        ::execvpe(plan.arguments[0], plan.arguments.data(), plan.environment.data());
    }
    const int error = errno;
    static_cast<void>(!::write(failure, &error, sizeof error));
    ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<LastingProcess>> LastingProcess::start(
    EventLoop& loop, const std::vector<std::string>& command, LastingProcessListener& listener,
    const ProcessInheritance& inheritance) {
    const std::string& program = command.front();
    const std::string purpose = fmt::format("start {}", program);
    auto go = make_pipe(purpose);
    auto failure = make_pipe(purpose);
    auto heirs = make_pipe(purpose, O_NONBLOCK);
    if (!go || !failure || !heirs) {
        return tl::unexpected((!go ? go : !failure ? failure : heirs).error());
    }
    ChildPlan plan{command, inheritance};
    const pid_t pid = ::fork();
    if (pid < 0) {
        return system_error("start {}", program);
    }
    if (pid == 0) {
        go->writer.reset();  // or it would wait for itself
        become(plan, go->reader.get(), failure->writer.get(), heirs->writer.get());
    }
    failure->writer.reset();
    heirs->writer.reset();
    const auto give_up = [&](tl::unexpected<HostError> error) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return error;
    };
    UniqueFd pidfd{::pidfd_open(pid, 0)};
    const auto identity = identify(pid);
    if (!pidfd || !identity) {
        return give_up(host_error("start {}: the process can't be watched", program));
    }
    if (auto made = listener.process_made(*identity); !made) {
        return give_up(tl::unexpected(made.error()));
    }
    PidVariable own{};
    fmt::format_to_n(own.data(), own.size() - 1, "LISTEN_PID={}", pid);
    int error = 0;
    // The read ends with exec(), which closes the other end.
    if (::write(go->writer.get(), own.data(), own.size()) != static_cast<ssize_t>(own.size()) ||
        ::read(failure->reader.get(), &error, sizeof error) != 0) {
        errno = error;
        return give_up(system_error("start {}", program));
    }
    auto process = std::unique_ptr<LastingProcess>{
        new LastingProcess{loop, *identity, std::move(pidfd), true, listener}};
    process->heirs_ = std::move(heirs->reader);
    if (auto watched = process->watch_end(); !watched) {
        return give_up(tl::unexpected(watched.error()));
    }
    return process;
}

Result<std::unique_ptr<LastingProcess>> LastingProcess::adopt(EventLoop& loop,
                                                              const ProcessIdentity& identity,
                                                              LastingProcessListener& listener) {
    // In this order: what is looked at is what the descriptor means, as long as that has not ended.
    UniqueFd pidfd{::pidfd_open(identity.pid, 0)};
    if (!pidfd) {
        return system_error("watch process {}", identity.pid);
    }
    if (identify(identity.pid) != identity) {
        return host_error("process {} is another one by now", identity.pid);
    }
    auto process = std::unique_ptr<LastingProcess>{
        new LastingProcess{loop, identity, std::move(pidfd), false, listener}};
    if (auto watched = process->watch_end(); !watched) {
        return tl::unexpected(watched.error());
    }
    return process;
}

LastingProcess::LastingProcess(EventLoop& loop, const ProcessIdentity& identity, UniqueFd pidfd,
                               bool own, LastingProcessListener& listener)
    : loop_{loop},
      listener_{listener},
      identity_{identity},
      pidfd_{std::move(pidfd)},
      own_{own},
      patience_{loop, [this] {
                    // log: once a process
                    log_warn("kiosk", "process {} does not end: killed", identity_.pid);
                    signal_group(SIGKILL);
                }} {}

LastingProcess::~LastingProcess() {
    if (own_ && !running_) {
        signal_group(SIGKILL);
        ::waitpid(identity_.pid, nullptr, WNOHANG);
    }
}

Result<void> LastingProcess::watch_end() {
    auto watch = loop_.watch(pidfd_.get(), FdEvents::kRead, [this](FdEvents) { ended(); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    watch_ = std::move(*watch);
    return {};
}

void LastingProcess::ended() {
    watch_.reset();
    running_ = false;
    patience_.disarm();
    std::optional<ExitStatus> status;
    siginfo_t info{};
    // WNOWAIT: see own_.
    if (own_ && ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info,
                         WEXITED | WNOHANG | WNOWAIT) == 0) {
        status = info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status}
                                            : ExitStatus{.signal = info.si_status};
    }
    if (heirs_) {
        if (auto watch =
                loop_.watch(heirs_.get(), FdEvents::kRead, [this](FdEvents) { heir_spoke(); })) {
            heirs_watch_ = std::move(*watch);
        } else {
            heirs_.reset();
        }
    }
    listener_.lasting_process_ended(*this, status);
}

void LastingProcess::heir_spoke() {
    std::array<char, 4096> nothing{};
    if (::read(heirs_.get(), nothing.data(), nothing.size()) == 0) {
        heirs_watch_.reset();
        heirs_.reset();
        listener_.heirs_ended(*this);
    }
}

void LastingProcess::terminate(Nanoseconds patience) {
    if (std::exchange(asked_, true)) {
        return;
    }
    signal_group(SIGTERM);
    // A process that is stopped takes the signal when it goes on.
    signal_group(SIGCONT);
    if (running_) {
        patience_.arm_after(patience);
    }
}

void LastingProcess::signal_group(int signal) {
    if (own_) {
        ::kill(-identity_.pid, signal);
    } else if (::pidfd_send_signal(pidfd_.get(), signal, nullptr, kWholeGroup) != 0) {
        // An older kernel: the process alone, as its group can't be named for sure.
        static_cast<void>(::pidfd_send_signal(pidfd_.get(), signal, nullptr, 0));
    }
}

}  // namespace oriel::app
