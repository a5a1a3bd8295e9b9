// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/event_loop.h"
#include "core/result.h"
#include "kiosk/restart_delay.h"
#include "kiosk/vm_plan.h"

namespace oriel::app {

enum class VmState : uint8_t {
    kWaiting,   ///< for its turn, and the VMs that come before it
    kStarting,  ///< until a VM has the display, or, without a command, until there is a display
    kRunning,
    kBackingOff,  ///< has ended, and starts again in a while
    kEnding,      ///< its processes were asked to end
    kEnded,       ///< by itself, and isn't started again
    kGivenUp,     ///< so often that it isn't started again
    kStopped,     ///< somebody has stopped it
};
[[nodiscard]] const char* to_string(VmState state);

/// What a VM's supervision does to its processes.
class VmProcesses {
public:
    VmProcesses() = default;
    VmProcesses(const VmProcesses&) = delete;
    VmProcesses& operator=(const VmProcesses&) = delete;

    /// The process with the window. display_ready() or display_ended() follows.
    [[nodiscard]] virtual Result<void> start_display() = 0;
    /// The start command; command_ended() follows, and vm_attached() if its VM takes the display.
    [[nodiscard]] virtual Result<void> start_command() = 0;
    /// They are asked to end, and killed if they don't; ..._ended() follows.
    virtual void end_display() = 0;
    virtual void end_command() = 0;
    virtual void state_changed() = 0;

protected:
    ~VmProcesses() = default;
};

/// One VM's life, whoever its processes are:
///
///     kWaiting --start()--> kStarting: display, then command --vm_attached()--> kRunning
///     kStarting, kRunning --the display has ended, and what it had of the VM is kept-->
///         kStarting: another display, the same command
///     kStarting, kRunning --one of the two has ended, or no VM came in time-->
///         kEnding: what is left of the two, the window stays where it can --all has ended-->
///         kBackingOff, kEnded or kGivenUp, as RestartPolicy says
///     kBackingOff --the delay is over--> kStarting
///     kBackingOff --skip_delay()--> kWaiting
///     any --stop()--> kEnding: the command, then the display --both have ended--> kStopped
class VmSupervision {
public:
    /// All is lent and must outlive this.
    VmSupervision(EventLoop& loop, const VmPlan& plan, VmProcesses& processes);
    VmSupervision(const VmSupervision&) = delete;
    VmSupervision& operator=(const VmSupervision&) = delete;

    /// Unless it starts or runs: at once, and its count of restarts begins anew.
    void start();
    void stop();
    void restart();
    /// A VM that backs off, and of which nothing runs, waits for its turn instead.
    void skip_delay();
    /// The plan has another policy, which counts from the next end on.
    void policy_changed() { delay_.set_policy(plan_.restart); }
    /// These processes run already. Starts what is missing.
    /// `kept`: what the display had of the VM is kept, should that be missing.
    void adopt(bool display, bool command, bool attached, bool kept = false);
    /// Somebody had stopped it before; whatever of it runs is ended.
    void adopt_stopped(bool display, bool command);

    // What happens to the processes:
    void display_ready();
    /// `kept`: the next display goes on with the VM. Only where another_display_helps().
    void display_ended(bool well, const std::string& how, bool kept = false);
    void vm_attached();
    void command_ended(bool well, const std::string& how);

    [[nodiscard]] VmState state() const { return state_; }
    /// The VM wants a display, and the one that it has did serve: should that end now, the next one
    /// can be expected to live, too.
    [[nodiscard]] bool another_display_helps() const {
        return ready_ && (state_ == VmState::kStarting || state_ == VmState::kRunning);
    }
    /// It will run by itself, or it does.
    [[nodiscard]] bool settled() const;
    /// Nothing of it runs.
    [[nodiscard]] bool gone() const { return !display_ && !command_; }
    [[nodiscard]] bool stopping() const;
    /// With kBackingOff: until the next start.
    [[nodiscard]] Nanoseconds left() const;
    [[nodiscard]] uint64_t restarts() const { return restarts_; }
    /// So often another display went on with the VM.
    [[nodiscard]] uint64_t display_restarts() const { return display_restarts_; }
    /// How it ended last, for people.
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    enum class Next : uint8_t { kStart, kBackOff, kEnd, kGiveUp, kStop };

    void enter(VmState state);
    void begin();
    void run_command();
    void replace_display(const std::string& how);
    void over(bool well, const std::string& how);
    void wind_down(Next next, bool display);
    void progress();
    void timer_due();

    EventLoop& loop_;
    const VmPlan& plan_;
    VmProcesses& processes_;
    RestartDelay delay_;
    VmState state_ = VmState::kWaiting;
    Next next_ = Next::kEnd;
    bool display_ = false;  // runs
    bool ready_ = false;    // and serves
    bool command_ = false;
    bool end_display_too_ = false;
    bool display_asked_ = false;
    Nanoseconds backing_off_for_{};
    TimePoint running_since_{};
    uint64_t restarts_ = 0;
    uint64_t display_restarts_ = 0;
    std::string reason_;
    /// With kStarting until a VM must have the display, with kBackingOff until the next start.
    Timer timer_;
};

}  // namespace oriel::app
