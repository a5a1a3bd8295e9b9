// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "kiosk/process_identity.h"
#include "net/child_process.h"

namespace oriel::app {

class LastingProcess;

class LastingProcessListener {
public:
    /// Before the program runs: whoever comes after this process has to find it. An error ends it.
    [[nodiscard]] virtual Result<void> process_made(const ProcessIdentity& identity) = 0;
    /// `status`: nothing where only a parent is told. May destroy the process object.
    virtual void lasting_process_ended(LastingProcess& process,
                                       const std::optional<ExitStatus>& status) = 0;
    /// Everything has ended that it started and that has its descriptors. After
    /// lasting_process_ended(), of one that was started here.
    virtual void heirs_ended(LastingProcess&) {}

protected:
    ~LastingProcessListener() = default;
};

/// What a process gets besides its command line.
struct ProcessInheritance {
    std::vector<std::string> variables;  ///< "NAME=value", in its environment
    /// With their names, as sd_listen_fds_with_names(3) finds them. Lent.
    std::vector<std::pair<std::string, int>> descriptors;
};

/// A program in a session of its own, without the service manager's variables, that goes on when
/// this process ends, however it ends, and that a later process can adopt. Destroying the object
/// leaves the program alone; what a program that has ended left in its process group is killed.
class LastingProcess {
public:
    /// `loop` and `listener` are lent and must outlive this. Between process_made() and the program
    /// nothing gets lost: should this process die there, the program doesn't run.
    [[nodiscard]] static Result<std::unique_ptr<LastingProcess>> start(
        EventLoop& loop, const std::vector<std::string>& command, LastingProcessListener& listener,
        const ProcessInheritance& inheritance = {});
    /// One that an earlier process has started. An error if that is not what runs there now.
    [[nodiscard]] static Result<std::unique_ptr<LastingProcess>> adopt(
        EventLoop& loop, const ProcessIdentity& identity, LastingProcessListener& listener);
    LastingProcess(const LastingProcess&) = delete;
    LastingProcess& operator=(const LastingProcess&) = delete;
    ~LastingProcess();

    [[nodiscard]] const ProcessIdentity& identity() const { return identity_; }
    [[nodiscard]] bool running() const { return running_; }
    /// It, or something that it started, has not ended: see heirs_ended().
    [[nodiscard]] bool has_heirs() const { return heirs_.valid(); }

    /// Asks its process group to end now (SIGTERM), and kills it after `patience`.
    void terminate(Nanoseconds patience);

private:
    LastingProcess(EventLoop& loop, const ProcessIdentity& identity, UniqueFd pidfd, bool own,
                   LastingProcessListener& listener);
    [[nodiscard]] Result<void> watch_end();
    void ended();
    void heir_spoke();
    void signal_group(int signal);

    EventLoop& loop_;
    LastingProcessListener& listener_;
    const ProcessIdentity identity_;
    UniqueFd pidfd_;
    /// A child of ours: it stays a zombie as long as this lives, so that its group's number is its
    /// own.
    const bool own_;
    bool running_ = true;
    bool asked_ = false;
    UniqueFd heirs_;
    FdWatch watch_;
    FdWatch heirs_watch_;
    Timer patience_;
};

}  // namespace oriel::app
