// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "core/result.h"
#include "net/process_handle.h"

namespace oriel {

class ProcessEndListener {
public:
    /// May destroy the OtherProcess.
    virtual void process_ended() = 0;

protected:
    ~ProcessEndListener() = default;
};

/// A process that somebody else has started, watched until it ends. How it ends is told to nobody
/// but its parent.
class OtherProcess {
public:
    /// `loop` and `listener` are lent and must outlive this.
    [[nodiscard]] static Result<std::unique_ptr<OtherProcess>> watch(EventLoop& loop, pid_t pid,
                                                                     ProcessEndListener& listener);
    /// The same with its pidfd.
    [[nodiscard]] static Result<std::unique_ptr<OtherProcess>> watch(EventLoop& loop, pid_t pid,
                                                                     UniqueFd pidfd,
                                                                     ProcessEndListener& listener);
    OtherProcess(const OtherProcess&) = delete;
    OtherProcess& operator=(const OtherProcess&) = delete;
    /// The process goes on.
    ~OtherProcess() = default;

    [[nodiscard]] ProcessHandle& handle() { return handle_; }
    [[nodiscard]] const ProcessHandle& handle() const { return handle_; }

private:
    OtherProcess(EventLoop& loop, pid_t pid, UniqueFd pidfd, ProcessEndListener& listener)
        : handle_{loop, pid, std::move(pidfd)}, listener_{listener} {}
    void ended();

    ProcessHandle handle_;
    ProcessEndListener& listener_;
    FdWatch watch_;
};

}  // namespace oriel
