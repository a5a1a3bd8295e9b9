// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "kiosk/control_query.h"
#include "kiosk/descriptor_keeper.h"
#include "kiosk/lasting_process.h"
#include "kiosk/output_moves.h"
#include "kiosk/vm_plan.h"
#include "kiosk/vm_record.h"
#include "kiosk/vm_supervision.h"
#include "net/other_process.h"

namespace oriel::app {

class KioskVm;

class KioskVmListener {
public:
    virtual void vm_changed(KioskVm& vm) = 0;

protected:
    ~KioskVmListener() = default;
};

/// One VM of a kiosk: its supervision and its processes. The VM of a command is whoever holds the
/// display's socket: the program that was started, or what that has left behind (QEMU's
/// -daemonize, a script).
class KioskVm final : private VmProcesses,
                      private LastingProcessListener,
                      private ControlQueryListener,
                      private ProcessEndListener {
public:
    /// `folder`: the runtime folder. `beyond`: see DescriptorKeeper. All but these two and the plan
    /// is lent, and must outlive this.
    KioskVm(EventLoop& loop, VmPlan plan, const std::string& folder, KioskVmListener& listener,
            DescriptorStore* beyond);
    KioskVm(const KioskVm&) = delete;
    KioskVm& operator=(const KioskVm&) = delete;
    /// Processes that run go on, and so does the record about them.
    ~KioskVm();

    [[nodiscard]] const VmPlan& plan() const { return plan_; }
    [[nodiscard]] const VmSupervision& supervision() const { return supervision_; }
    /// Takes over what an earlier supervisor has left: nothing happens to processes that run as the
    /// plan says, what is missing starts, what runs otherwise is ended first. Where it has left
    /// nothing, nothing happens.
    void adopt(const InheritedDescriptors& inherited);

    void start() { supervision_.start(); }
    void stop() { supervision_.stop(); }
    void restart() { supervision_.restart(); }
    void skip_delay() { supervision_.skip_delay(); }
    /// The file has that one now, with which what runs can go on (can_go_on()).
    void change_plan(VmPlan plan);

    /// By screen: where its window belongs now.
    [[nodiscard]] std::vector<std::string> outputs() const;
    /// From now on it belongs there.
    void send_to(size_t screen, const std::string& output);

    /// For `oriel ctl kiosk status`.
    [[nodiscard]] nlohmann::json status() const;
    /// Nothing of it runs, and nothing will: the record goes.
    void forget();

private:
    // VmProcesses
    [[nodiscard]] Result<void> start_display() override;
    [[nodiscard]] Result<void> start_command() override;
    void end_display() override;
    void end_command() override;
    void state_changed() override;
    // The others
    [[nodiscard]] Result<void> process_made(const ProcessIdentity& identity) override;
    void lasting_process_ended(LastingProcess& process,
                               const std::optional<ExitStatus>& status) override;
    void heirs_ended(LastingProcess& process) override;
    void answered(const Result<nlohmann::json>& answer) override;
    void process_ended() override;

    void display_ended(const std::optional<ExitStatus>& status);
    void look();
    void look_again();
    void hold(pid_t holder);
    void command_may_be_over();
    void finish_command();
    void write_down();

    EventLoop& loop_;
    VmPlan plan_;
    const std::string record_path_;
    KioskVmListener& listener_;
    VmRecord record_;
    DescriptorKeeper keeper_;
    std::vector<std::string> sent_to_;
    std::unique_ptr<LastingProcess> display_;
    std::unique_ptr<LastingProcess> command_;
    /// Which of the two process_made() is about.
    std::optional<ProcessIdentity>* being_made_ = nullptr;
    /// Null while that is the command, or nobody who can be seen.
    std::unique_ptr<OtherProcess> holder_;
    /// How the command ended, while its VM goes on.
    std::optional<std::optional<ExitStatus>> command_status_;
    bool command_asked_ = false;
    VmSupervision supervision_;
    VmState told_ = VmState::kWaiting;
    ControlQuery query_;
    Nanoseconds look_every_{};
    Timer look_;
    /// A command that is over; told when nobody who was called by it is on the stack.
    DeferredCall command_over_;
    OutputMoves moves_;
    LogLimiter state_limiter_{10, Nanoseconds{60'000'000'000}};
};

}  // namespace oriel::app
