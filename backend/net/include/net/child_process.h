// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/process_handle.h"

namespace oriel {

/// How a process ended.
struct ExitStatus {
    int code = 0;    ///< if no signal ended it
    int signal = 0;  ///< 0: none did
    [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
};

/// "with status 1", "by signal 11 (Segmentation fault)".
[[nodiscard]] std::string to_string(const ExitStatus& status);

/// A command as exec(3) wants it; it points into `command`.
[[nodiscard]] std::vector<char*> exec_arguments(const std::vector<std::string>& command);

/// A program that runs beside this one, in the same session and process group (its monitor may be
/// on our terminal), and that the kernel ends (SIGTERM) should this process die.
class ChildProcess {
public:
    using Ended = std::function<void(const ExitStatus&)>;

    /// Starts `command` (a program, looked up in PATH, and its arguments). `ended` runs once, on
    /// the loop. `loop` is lent and must outlive this. Only for the thread that lives as long as
    /// the process. An error names the program and what is wrong with it. The program gets the
    /// descriptor `inherited`, too (lent; -1: none).
    [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(
        EventLoop& loop, const std::vector<std::string>& command, Ended ended, int inherited = -1);
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    /// A child that still runs is killed.
    ~ChildProcess();

    [[nodiscard]] bool running() const { return handle_.running(); }
    [[nodiscard]] pid_t pid() const { return handle_.pid(); }
    [[nodiscard]] const ProcessHandle& handle() const { return handle_; }

    void terminate(Nanoseconds patience) { handle_.terminate(patience); }
    void expect_end(Nanoseconds patience) { handle_.expect_end(patience); }
    void expect_no_end() { handle_.expect_no_end(); }

private:
    ChildProcess(EventLoop& loop, pid_t pid, UniqueFd pidfd, Ended ended);
    void exited();

    ProcessHandle handle_;
    Ended ended_;
    FdWatch watch_;
};

}  // namespace oriel
