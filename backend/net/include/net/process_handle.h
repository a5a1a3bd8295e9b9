// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel {

/// To a process, by its descriptor (lent). In a sandbox the process outside sends it, if it knows
/// that one (Outside::signal()).
void send_signal(pid_t pid, int pidfd, int signal);

/// A process that can be asked to end, by its descriptor: never another one that has its number by
/// now.
class ProcessHandle {
public:
    /// `loop` is lent and must outlive this.
    ProcessHandle(EventLoop& loop, pid_t pid, UniqueFd pidfd);
    ProcessHandle(const ProcessHandle&) = delete;
    ProcessHandle& operator=(const ProcessHandle&) = delete;
    ~ProcessHandle() = default;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Readable once it has ended. Lent.
    [[nodiscard]] int fd() const { return pidfd_.get(); }
    [[nodiscard]] bool running() const { return running_; }

    /// As send_signal().
    void send(int signal);
    /// Asks it to end now (SIGTERM), and kills it if it still runs after `patience`.
    void terminate(Nanoseconds patience);
    /// As terminate(), but waits for `patience` first: it is about to end by itself.
    void expect_end(Nanoseconds patience);
    /// Takes expect_end() back, unless it has been asked to end by now.
    void expect_no_end();
    /// Says that it has ended.
    void ended();

private:
    void timer_due();

    pid_t pid_;
    UniqueFd pidfd_;
    bool running_ = true;
    bool asked_ = false;
    Nanoseconds patience_{};
    Timer timer_;
};

}  // namespace oriel
