// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

/// How a process ended.
struct ExitStatus {
    int code = 0;    ///< if no signal ended it
    int signal = 0;  ///< 0: none did
    [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
};

/// "with status 1", "by signal 11 (Segmentation fault)".
[[nodiscard]] std::string to_string(const ExitStatus& status);

/// A program that runs beside this one, in the same session and process group (its monitor may be
/// on our terminal), and that the kernel ends (SIGTERM) should this process die.
class ChildProcess {
public:
    using Ended = std::function<void(const ExitStatus&)>;

    /// Starts `command` (a program, looked up in PATH, and its arguments). `ended` runs once, on
    /// the loop. `loop` is lent and must outlive this. Only for the thread that lives as long as
    /// the process. An error names the program and what is wrong with it.
    [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(
        EventLoop& loop, const std::vector<std::string>& command, Ended ended);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    /// A child that still runs is killed.
    ~ChildProcess();

    [[nodiscard]] bool running() const { return !status_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Asks it to end now (SIGTERM), and kills it if it still runs after `patience`.
    void terminate(Nanoseconds patience);
    /// As terminate(), but waits for `patience` first: it is about to end by itself.
    void expect_end(Nanoseconds patience);

private:
    ChildProcess(EventLoop& loop, pid_t pid, UniqueFd pidfd, Ended ended);
    void exited();
    void send(int signal);
    void timer_due();

    pid_t pid_;
    UniqueFd pidfd_;
    Ended ended_;
    std::optional<ExitStatus> status_;
    bool asked_ = false;
    Nanoseconds patience_{};
    Timer timer_;
    FdWatch watch_;
};

}  // namespace oriel
