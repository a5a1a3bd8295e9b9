// SPDX-License-Identifier: MIT
#include "kiosk/kiosk_vm.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/json_fields.h"
#include "control/runtime_folder.h"
#include "core/log_fields.h"
#include "net/own_program.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr const char* kVmArea = "kiosk";
// Between two looks whether a VM has come.
constexpr Nanoseconds kLookFirst{20'000'000};
constexpr Nanoseconds kLookLast{1'000'000'000};

/// This program. The link itself where the file was replaced since this process began.
std::string display_program() {
    const std::string path = own_program();
    return ::access(path.c_str(), X_OK) == 0 ? path : "/proc/self/exe";
}

std::string how(const std::optional<ExitStatus>& status) {
    return status ? to_string(*status) : "while no supervisor watched it";
}

bool well(const std::optional<ExitStatus>& status) {
    return status && status->success();
}

}  // namespace

KioskVm::KioskVm(EventLoop& loop, VmPlan plan, const std::string& folder, KioskVmListener& listener,
                 DescriptorStore* beyond)
    : loop_{loop},
      plan_{std::move(plan)},
      record_path_{app::record_path(folder, plan_.name)},
      listener_{listener},
      keeper_{loop, plan_.name, vmm_socket_path(folder, plan_.name, "notify"), beyond},
      sent_to_(plan_.outputs.size()),
      supervision_{loop, plan_, *this},
      query_{loop, control_socket_path(folder, plan_.name), *this},
      look_{loop, [this] { look(); }},
      command_over_{loop, [this] { finish_command(); }},
      moves_{loop, plan_.name, control_socket_path(folder, plan_.name)} {}

KioskVm::~KioskVm() = default;

void KioskVm::adopt(const InheritedDescriptors& inherited) {
    const LogScope scope{{.vm = plan_.name}};
    auto found = read_record(record_path_);
    if (!found) {
        return;
    }
    record_ = std::move(*found);
    keeper_.take(inherited);
    const bool as_planned = record_.display_arguments == show_arguments(plan_, plan_.outputs) &&
                            record_.command_arguments == plan_.command;
    const auto take = [&](const std::optional<ProcessIdentity>& identity) {
        auto process = identity ? LastingProcess::adopt(loop_, *identity, *this)
                                : Result<std::unique_ptr<LastingProcess>>{nullptr};
        return process ? std::move(*process) : nullptr;
    };
    display_ = take(record_.display);
    if (display_) {
        keeper_.listen_to(display_->identity().pid);
    }
    command_ = take(record_.command);
    if (record_.holder && identify(record_.holder->pid) == record_.holder) {
        hold(record_.holder->pid);
    }
    if (!command_ && holder_) {
        command_status_.emplace();
    }
    const bool command = command_ || holder_;
    // log: once a VM and supervisor
    if (display_ || command) {
        log_info(kVmArea, "'{}': found running{}", plan_.name,
                 as_planned ? "" : ", and not as the file has it: it is started anew");
    }
    const bool command_missing = !command && !plan_.command.empty();
    if (!display_ && (!as_planned || record_.stopped || command_missing)) {
        keeper_.clear();  // nobody is to go on with that
    }
    if (as_planned && record_.stopped) {
        supervision_.adopt_stopped(display_ != nullptr, command);
        return;
    }
    if (as_planned) {
        sent_to_ = record_.sent_to;
        sent_to_.resize(plan_.outputs.size());
    }
    if (!display_ && !command) {
        return;
    }
    look_every_ = kLookFirst;
    look_.arm_after(Nanoseconds{0});
    supervision_.adopt(display_ != nullptr, command, record_.attached && as_planned,
                       as_planned && keeper_.has_any());
    if (!as_planned) {
        supervision_.restart();
    }
}

// --- outputs -------------------------------------------------------------------------------------

std::vector<std::string> KioskVm::outputs() const {
    std::vector<std::string> all = plan_.outputs;
    for (size_t screen = 0; screen < all.size(); ++screen) {
        if (!sent_to_[screen].empty()) {
            all[screen] = sent_to_[screen];
        }
    }
    return all;
}

void KioskVm::change_plan(VmPlan plan) {
    const VmPlan before = std::exchange(plan_, std::move(plan));
    supervision_.policy_changed();
    for (size_t screen = 0; screen < plan_.outputs.size(); ++screen) {
        const std::string& output = plan_.outputs[screen];
        if (output == before.outputs[screen]) {
            continue;
        }
        sent_to_[screen].clear();
        if (display_) {
            moves_.move(screen, output);
        }
    }
    write_down();
}

void KioskVm::send_to(size_t screen, const std::string& output) {
    sent_to_.at(screen) = output;
    write_down();
    if (display_) {
        moves_.move(screen, output);
    }
}

// --- processes -----------------------------------------------------------------------------------

Result<void> KioskVm::start_display() {
    std::vector<std::string> command = show_arguments(plan_, outputs());
    command.insert(command.begin(), display_program());
    being_made_ = &record_.display;
    auto process = LastingProcess::start(loop_, command, *this, keeper_.inheritance());
    if (!process) {
        record_.display.reset();
        keeper_.clear();
        return tl::unexpected(process.error());
    }
    display_ = std::move(*process);
    look_every_ = kLookFirst;
    look_.arm_after(look_every_);
    return {};
}

Result<void> KioskVm::start_command() {
    command_status_.reset();
    command_asked_ = false;
    being_made_ = &record_.command;
    auto process = LastingProcess::start(loop_, plan_.command, *this);
    if (!process) {
        record_.command.reset();
        return tl::unexpected(process.error());
    }
    command_ = std::move(*process);
    look_every_ = kLookFirst;
    look_.arm_after(look_every_);
    return {};
}

Result<void> KioskVm::process_made(const ProcessIdentity& identity) {
    *being_made_ = identity;
    if (being_made_ == &record_.display) {
        keeper_.listen_to(identity.pid);
    }
    record_.display_arguments = show_arguments(plan_, plan_.outputs);
    record_.command_arguments = plan_.command;
    record_.sent_to = sent_to_;
    return write_record(record_path_, record_);
}

void KioskVm::end_display() {
    if (display_) {
        display_->terminate(plan_.stop_timeout);
    }
}

void KioskVm::end_command() {
    command_asked_ = true;
    if (command_) {
        command_->terminate(plan_.stop_timeout);
    }
    if (holder_) {
        holder_->handle().terminate(plan_.stop_timeout);
        holder_->handle().send(SIGCONT);
    }
    command_may_be_over();
}

void KioskVm::lasting_process_ended(LastingProcess& process,
                                    const std::optional<ExitStatus>& status) {
    if (&process == display_.get()) {
        display_.reset();
        record_.display.reset();
        query_.cancel();
        moves_.forget();
        display_ended(status);
        return;
    }
    command_status_ = status;
    if (holder_ && !command_asked_) {
        const LogScope scope{{.vm = plan_.name}};
        // log: once a command, whose starts are delayed
        log_info(kVmArea, "'{}': the command ended {}; the VM goes on in process {}", plan_.name,
                 how(status), holder_->handle().pid());
    }
    command_may_be_over();
}

void KioskVm::display_ended(const std::optional<ExitStatus>& status) {
    keeper_.catch_up();
    keeper_.listen_to(0);
    const bool kept = !well(status) && supervision_.another_display_helps() && keeper_.has_any();
    if (kept) {
        record_.attached = false;
        const LogScope scope{{.vm = plan_.name}};
        // log: once a display, of which few end in a row while a VM is attached
        log_warn(kVmArea, "'{}': the display ended {}; the next one goes on with the VM",
                 plan_.name, how(status));
    } else {
        keeper_.clear();  // or the VM would wait for an answer
    }
    supervision_.display_ended(well(status), how(status), kept);
}

void KioskVm::heirs_ended(LastingProcess& process) {
    if (&process == command_.get()) {
        command_may_be_over();
    }
}

void KioskVm::process_ended() {
    holder_.reset();
    record_.attached = false;
    if (command_status_) {
        command_over_.schedule();
    } else {
        look_again();  // the program may bring another VM
    }
}

void KioskVm::command_may_be_over() {
    if (!command_status_ || holder_) {
        return;
    }
    const bool left_something =
        well(*command_status_) && !command_asked_ && command_ && command_->has_heirs();
    if (!left_something) {
        command_over_.schedule();
    }
}

void KioskVm::finish_command() {
    const std::optional<ExitStatus> status = command_status_.value_or(std::nullopt);
    command_status_.reset();
    command_.reset();  // what it left in its process group goes, too
    holder_.reset();
    record_.command.reset();
    record_.holder.reset();
    record_.attached = false;
    supervision_.command_ended(well(status), how(status));
}

// --- whether a VM has the display ----------------------------------------------------------------

void KioskVm::look() {
    if (display_ && !query_.asking()) {
        query_.ask({{"command", "info"}});
    }
}

void KioskVm::look_again() {
    look_every_ = std::clamp(look_every_ * 2, kLookFirst, kLookLast);
    look_.arm_after(look_every_);
}

void KioskVm::answered(const Result<json>& answer) {
    if (!display_) {
        return;
    }
    if (!answer) {
        look_again();
        return;
    }
    supervision_.display_ready();
    const json info = field_of(*answer, "info", json::object());
    if ((command_ || holder_) && field_of(info, "used", false) &&
        field_of(info, "attached", false)) {
        hold(static_cast<pid_t>(field_of(info, "vmm_pid", int64_t{0})));
        record_.attached = true;
        supervision_.vm_attached();
        write_down();
    } else if (supervision_.state() == VmState::kStarting || (command_ && !record_.attached)) {
        look_again();
    }
}

/// That process has the display's socket.
void KioskVm::hold(pid_t holder) {
    if (holder <= 1 || holder == ::getpid() || (command_ && command_->identity().pid == holder) ||
        (holder_ && holder_->handle().pid() == holder)) {
        return;
    }
    holder_.reset();
    auto process = OtherProcess::watch(loop_, holder, *this);
    record_.holder = identify(holder);
    if (process && record_.holder) {
        holder_ = std::move(*process);
    }
}

// --- what is told of it --------------------------------------------------------------------------

void KioskVm::write_down() {
    const LogScope scope{{.vm = plan_.name}};
    record_.stopped = supervision_.stopping();
    record_.sent_to = sent_to_;
    record_.display_arguments = show_arguments(plan_, plan_.outputs);
    record_.command_arguments = plan_.command;
    const auto written = write_record(record_path_, record_);
    if (!written && state_limiter_.admit(loop_.clock().now())) {
        log_warn(kVmArea, "'{}': a next supervisor will not find it: {}", plan_.name,
                 written.error().message());
    }
}

void KioskVm::state_changed() {
    const LogScope scope{{.vm = plan_.name}};
    const VmState now = supervision_.state();
    write_down();
    if (std::exchange(told_, now) != now && state_limiter_.admit(loop_.clock().now())) {
        switch (now) {
            case VmState::kBackingOff:
                log_warn(kVmArea, "'{}': {}; it starts again in {:.1f} s", plan_.name,
                         supervision_.reason(),
                         std::chrono::duration<double>(supervision_.left()).count());
                break;
            case VmState::kGivenUp:
                log_error(kVmArea, "'{}': {}; given up after {} restarts", plan_.name,
                          supervision_.reason(), plan_.restart.limit);
                break;
            case VmState::kEnded:
                // log: behind the limiter above, as the next one
                log_info(kVmArea, "'{}': {}; it isn't started again", plan_.name,
                         supervision_.reason());
                break;
            default:
                log_info(kVmArea, "'{}': {}", plan_.name, to_string(now));
        }
    }
    listener_.vm_changed(*this);
}

json KioskVm::status() const {
    const auto pid = [](const auto& process) { return process ? process->identity().pid : 0; };
    return {{"name", plan_.name},
            {"state", to_string(supervision_.state())},
            {"display_pid", pid(display_)},
            {"command_pid", pid(command_)},
            {"vmm_pid", holder_ ? holder_->handle().pid() : pid(command_)},
            {"attached", record_.attached},
            {"outputs", outputs()},
            {"restarts", supervision_.restarts()},
            {"display_restarts", supervision_.display_restarts()},
            {"next_start_s", std::chrono::duration<double>(supervision_.left()).count()},
            {"reason", supervision_.reason()}};
}

void KioskVm::forget() {
    keeper_.close();
    remove_record(record_path_);
}

}  // namespace oriel::app
