// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/child_process.h"
#include "net/other_process.h"
#include "net/outside.h"

namespace oriel::app {

class VmmListener {
public:
    /// Nothing of the VM is left. `status` is that of the program that was started.
    virtual void vmm_ended(const ExitStatus& status) = 0;

protected:
    ~VmmListener() = default;
};

/// The VMM of `oriel run`. It is whoever holds the display's socket: the program that was started,
/// or what that has left behind (QEMU's -daemonize, a script).
class VmmProcess final : private ProcessEndListener, private OutsideListener {
public:
    /// Starts `command`. `loop` and `listener` are lent and must outlive this.
    [[nodiscard]] static Result<std::unique_ptr<VmmProcess>> start(
        EventLoop& loop, const std::vector<std::string>& command, VmmListener& listener);
    VmmProcess(const VmmProcess&) = delete;
    VmmProcess& operator=(const VmmProcess&) = delete;
    /// What still runs of the VM is killed.
    ~VmmProcess();

    /// Until vmm_ended() is called.
    [[nodiscard]] bool running() const { return !over_; }
    /// A VM holds the socket, or has held it.
    [[nodiscard]] bool was_attached() const { return attached_ || was_attached_; }

    /// The program that was started.
    [[nodiscard]] const ProcessHandle& program() const { return program_->handle(); }

    /// A process (0: one that can't be seen) holds the socket now. `connection`: the socket, lent;
    /// -1: it is another one, that the process outside the sandbox has connected.
    void attached(pid_t holder, int connection = -1);
    /// Nobody does any more, and who did was no VM: it has never used the display. As if it had not
    /// come.
    void let_go();
    /// Nobody does any more. What does not end by itself within `patience` is asked to.
    void detached(Nanoseconds patience);
    /// Nobody shows the VM any more, and that says nothing of the VM: it runs as long as it likes.
    void disconnected();
    /// Asks the program and the VM to end, and kills them if they still run after `patience`.
    void terminate(Nanoseconds patience);

private:
    VmmProcess(EventLoop& loop, VmmListener& listener) : loop_{loop}, listener_{listener} {}
    void program_ended(const ExitStatus& status);
    void process_ended() override;
    void outside_answered(Result<std::string> text, UniqueFd pidfd) override;
    void watch_holder(int connection);
    void forget_holder();
    void holder_found(Result<std::unique_ptr<OtherProcess>> process);
    void wait_for_heirs();
    void heir_spoke();
    void finish();
    [[nodiscard]] bool holder_runs() const { return holder_ && holder_->handle().running(); }
    /// Or may run: that is not known yet.
    [[nodiscard]] bool holder_may_run() const { return finding_ || holder_runs(); }

    EventLoop& loop_;
    VmmListener& listener_;
    std::string name_;
    std::unique_ptr<ChildProcess> program_;
    /// Null while that is the program, or nobody who can be seen.
    std::unique_ptr<OtherProcess> holder_;
    pid_t holder_pid_ = 0;
    /// In a sandbox the process outside finds the holder, and may take a while.
    OutsideErrand errand_{static_cast<OutsideListener&>(*this)};
    bool finding_ = false;
    /// What a holder that was let go meanwhile gets to end; nothing: as long as it likes.
    std::optional<Nanoseconds> leaving_;
    /// A pipe whose other end everything has that the program starts: it ends with the last one.
    UniqueFd heirs_;
    FdWatch heirs_watch_;
    std::optional<ExitStatus> status_;  // the program's
    bool attached_ = false;
    bool was_attached_ = false;
    bool asked_ = false;      // to end
    Nanoseconds patience_{};  // with who is asked
    bool over_ = false;
};

}  // namespace oriel::app
