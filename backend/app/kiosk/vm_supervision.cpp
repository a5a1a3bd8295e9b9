// SPDX-License-Identifier: MIT
#include "kiosk/vm_supervision.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace oriel::app {

const char* to_string(VmState state) {
    switch (state) {
        case VmState::kWaiting:
            return "waiting";
        case VmState::kStarting:
            return "starting";
        case VmState::kRunning:
            return "running";
        case VmState::kBackingOff:
            return "backing-off";
        case VmState::kEnding:
            return "ending";
        case VmState::kEnded:
            return "ended";
        case VmState::kGivenUp:
            return "given-up";
        case VmState::kStopped:
            return "stopped";
    }
    return "";
}

VmSupervision::VmSupervision(EventLoop& loop, const VmPlan& plan, VmProcesses& processes)
    : loop_{loop}, plan_{plan}, processes_{processes}, delay_{plan.restart}, timer_{loop, [this] {
                                                                                        timer_due();
                                                                                    }} {}

void VmSupervision::enter(VmState state) {
    state_ = state;
    if (state == VmState::kRunning) {
        running_since_ = loop_.clock().now();
        timer_.disarm();
    }
    processes_.state_changed();
}

bool VmSupervision::settled() const {
    return state_ != VmState::kWaiting && state_ != VmState::kStarting &&
           state_ != VmState::kEnding;
}

bool VmSupervision::stopping() const {
    return state_ == VmState::kStopped || (state_ == VmState::kEnding && next_ == Next::kStop);
}

Nanoseconds VmSupervision::left() const {
    const auto due = timer_.deadline();
    return state_ == VmState::kBackingOff && due
               ? std::max(Nanoseconds{0}, *due - loop_.clock().now())
               : Nanoseconds{0};
}

// --- what others want ----------------------------------------------------------------------------

void VmSupervision::start() {
    switch (state_) {
        case VmState::kStarting:
        case VmState::kRunning:
            return;
        case VmState::kEnding:
            delay_.reset();
            next_ = Next::kStart;
            return;
        default:
            delay_.reset();
            begin();
    }
}

void VmSupervision::stop() {
    if (state_ != VmState::kStopped) {
        wind_down(Next::kStop, true);
    }
}

void VmSupervision::restart() {
    delay_.reset();
    wind_down(Next::kStart, true);
}

void VmSupervision::skip_delay() {
    if (state_ == VmState::kBackingOff && gone()) {
        timer_.disarm();
        enter(VmState::kWaiting);
    }
}

void VmSupervision::adopt(bool display, bool command, bool attached, bool kept) {
    display_ = display;
    command_ = command;
    if (!display && command && kept) {
        replace_display("while no supervisor watched it");
    } else if (!display && command) {
        // Its graphics card is gone: there is no way back for that VM.
        reason_ = "the display was gone";
        wind_down(Next::kStart, false);
    } else if (command && attached) {
        ready_ = true;
        enter(VmState::kRunning);
    } else {
        begin();
    }
}

void VmSupervision::adopt_stopped(bool display, bool command) {
    display_ = display;
    command_ = command;
    wind_down(Next::kStop, true);
}

// --- what happens --------------------------------------------------------------------------------

void VmSupervision::begin() {
    timer_.disarm();
    enter(VmState::kStarting);
    if (display_) {
        if (ready_) {
            run_command();
        }
        return;  // display_ready() comes
    }
    ready_ = false;
    if (const auto started = processes_.start_display(); !started) {
        over(false, started.error().message());
        return;
    }
    display_ = true;
}

void VmSupervision::display_ready() {
    if (ready_) {
        return;
    }
    ready_ = true;
    if (state_ == VmState::kStarting) {
        run_command();
    }
}

void VmSupervision::run_command() {
    if (plan_.command.empty()) {
        enter(VmState::kRunning);
        return;
    }
    if (!command_) {
        if (const auto started = processes_.start_command(); !started) {
            over(false, started.error().message());
            return;
        }
        command_ = true;
    }
    if (plan_.attach_timeout > Nanoseconds{0}) {
        timer_.arm_after(plan_.attach_timeout);
    }
}

void VmSupervision::vm_attached() {
    if (state_ == VmState::kStarting && command_) {
        enter(VmState::kRunning);
    }
}

void VmSupervision::display_ended(bool well, const std::string& how, bool kept) {
    display_ = false;
    ready_ = false;
    display_asked_ = false;
    if (kept) {
        replace_display(how);
    } else if (state_ == VmState::kStarting || state_ == VmState::kRunning) {
        over(well, "the display ended " + how);
    } else if (state_ == VmState::kEnding) {
        progress();
    } else {
        processes_.state_changed();
    }
}

/// Without a delay: the VM waits for an answer, and not for long.
void VmSupervision::replace_display(const std::string& how) {
    reason_ = fmt::format("the display ended {}; the VM went on", how);
    ++display_restarts_;
    begin();
}

void VmSupervision::command_ended(bool well, const std::string& how) {
    command_ = false;
    if (state_ == VmState::kStarting || state_ == VmState::kRunning) {
        over(well, "the command ended " + how);
    } else if (state_ == VmState::kEnding) {
        progress();
    }
}

/// The VM has ended, or could not be started.
void VmSupervision::over(bool well, const std::string& how) {
    using When = RestartPolicy::When;
    const Nanoseconds ran =
        state_ == VmState::kRunning ? loop_.clock().now() - running_since_ : Nanoseconds{0};
    reason_ = how;
    const When when = plan_.restart.when;
    const bool close = plan_.at_end == VmPlan::AtEnd::kClose;
    if (when == When::kNever || (when == When::kOnFailure && well)) {
        wind_down(Next::kEnd, close);
        return;
    }
    const auto delay = delay_.next(ran);
    if (!delay) {
        wind_down(Next::kGiveUp, close);
        return;
    }
    backing_off_for_ = *delay;
    wind_down(Next::kBackOff, false);
}

void VmSupervision::wind_down(Next next, bool display) {
    timer_.disarm();
    const bool asked = state_ == VmState::kEnding;
    next_ = next;
    end_display_too_ = display;
    if (!asked) {
        enter(VmState::kEnding);
        if (command_) {
            processes_.end_command();
        }
    }
    progress();
}

/// The command goes first: a VMM says good-bye to its devices.
void VmSupervision::progress() {
    if (command_) {
        return;
    }
    if (end_display_too_ && display_) {
        if (!std::exchange(display_asked_, true)) {
            processes_.end_display();
        }
        return;
    }
    switch (next_) {
        case Next::kStart:
            ++restarts_;
            begin();
            return;
        case Next::kBackOff:
            timer_.arm_after(backing_off_for_);
            enter(VmState::kBackingOff);
            return;
        case Next::kEnd:
            enter(VmState::kEnded);
            return;
        case Next::kGiveUp:
            enter(VmState::kGivenUp);
            return;
        case Next::kStop:
            enter(VmState::kStopped);
            return;
    }
}

void VmSupervision::timer_due() {
    if (state_ == VmState::kBackingOff) {
        ++restarts_;
        begin();
    } else if (state_ == VmState::kStarting) {
        over(false, "no VM came to the display in time");
    }
}

}  // namespace oriel::app
