// SPDX-License-Identifier: MIT
#include "kiosk/supervisor.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/command_table.h"
#include "control/json_fields.h"
#include "control/runtime_folder.h"
#include "core/log.h"
#include "kiosk/status_line.h"
#include "net/inherited_sockets.h"
#include "wayland/compositor_socket.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr const char* kArea = "kiosk";

std::string own_folder() {
    auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    return std::move(*folder);
}

std::unique_ptr<ControlServer> only_one(EventLoop& loop, const std::string& folder,
                                        ControlHandler& handler) {
    const std::string name{kKioskName};
    try {
        return std::make_unique<ControlServer>(loop, control_socket_path(folder, name), name,
                                               handler);
    } catch (const StartupError& error) {
        if (error.exit_code() != 2) {
            throw;
        }
        throw StartupError{"kiosk: a supervisor runs already (see oriel ctl kiosk status)", 2};
    }
}

Result<KioskFile> load(const std::string& path, const std::string& folder) {
    const auto text = load_kiosk_file(path);
    if (!text) {
        return tl::unexpected(text.error());
    }
    return read_kiosk_file(*text, folder);
}

std::vector<VmPlan> load_or_throw(const std::string& path, const std::string& folder) {
    auto file = load(path, folder);
    if (!file) {
        throw StartupError{file.error(), 2};
    }
    // log: at the start, kMaxMistakes lines at most
    for (const Mistake& mistake : file->mistakes) {
        log_error(kArea, "{}", to_line(path, mistake));
    }
    if (!file->mistakes.empty()) {
        throw StartupError{fmt::format("kiosk: {} mistakes in {}: nothing is started",
                                       file->mistakes.size(), path),
                           2};
    }
    // log: at the start, some lines for each VM
    for (const std::string& line : file->warnings) {
        log_warn(kArea, "{}", line);
    }
    return std::move(file->vms);
}

}  // namespace

Supervisor::Supervisor(const KioskOptions& options)
    : file_{options.file},
      inherited_{service_.stores() ? InheritedDescriptors::take("") : InheritedDescriptors{}},
      signals_{loop_, *this},
      folder_{own_folder()},
      control_{only_one(loop_, folder_, *this)},
      compositor_{wayland::compositor_socket()},
      go_on_{loop_, [this] { go_on(); }} {
    std::vector<VmPlan> plans = load_or_throw(file_, folder_);
    if (compositor_) {
        compositor_watch_.emplace(loop_, *compositor_, static_cast<SocketWatchListener&>(*this));
    }
    apply(std::move(plans));
    adopt_all();
}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
    // log: once a process
    log_info(kArea, "{} VMs of {}", vms_.size(), file_);
    return loop_.run();
}

/// Also VMs of an earlier supervisor that the file does not have.
void Supervisor::adopt_all() {
    const InheritedDescriptors inherited = std::exchange(inherited_, {});
    static_cast<void>(unused_inherited_listeners());  // the places where those were
    for (const auto& vm : vms_) {
        vm->adopt(inherited);
    }
    for (const std::string& name : record_names(folder_)) {
        if (find(name) == nullptr) {
            VmPlan plan;
            plan.name = name;
            auto& vm = *leaving_.emplace_back(std::make_unique<KioskVm>(
                loop_, std::move(plan), folder_, static_cast<KioskVmListener&>(*this), beyond()));
            vm.adopt(inherited);
            vm.stop();
        }
    }
    for (const std::string& name : inherited.names()) {
        service_.forget_unused(name);
    }
}

void Supervisor::apply(std::vector<VmPlan> plans) {
    VmList before = std::exchange(vms_, {});
    vms_.reserve(plans.size());
    for (VmPlan& plan : plans) {
        const auto same = std::find_if(before.begin(), before.end(), [&](const auto& vm) {
            return vm != nullptr && can_go_on(vm->plan(), plan);
        });
        if (same == before.end()) {
            vms_.push_back(std::make_unique<KioskVm>(
                loop_, std::move(plan), folder_, static_cast<KioskVmListener&>(*this), beyond()));
            continue;
        }
        vms_.push_back(std::move(*same));
        if (vms_.back()->plan() != plan) {
            vms_.back()->change_plan(std::move(plan));
        }
    }
    for (auto& vm : before) {
        if (vm != nullptr) {
            leaving_.push_back(std::move(vm));
            leaving_.back()->stop();
        }
    }
    go_on_.schedule();
}

std::optional<std::string> Supervisor::reload() {
    auto file = load(file_, folder_);
    std::string complaint;
    if (!file) {
        complaint = file.error().message();
    } else if (!file->mistakes.empty()) {
        complaint = to_line(file_, file->mistakes.front());
        if (file->mistakes.size() > 1) {
            complaint += fmt::format(" (and {} more)", file->mistakes.size() - 1);
        }
    }
    const bool admitted = mistake_limiter_.admit(clock_.now());
    if (!complaint.empty()) {
        if (admitted) {
            log_error(kArea, "{}: nothing has changed", complaint);
        }
        return complaint;
    }
    if (admitted) {
        log_info(kArea, "{} is read again", file_);
    }
    apply(std::move(file->vms));
    return std::nullopt;
}

void Supervisor::stop_requested(int signal) {
    if (signal == SIGHUP) {
        if (!ending_) {
            static_cast<void>(reload());
        }
        return;
    }
    if (!ending_) {
        // log: once a process
        log_info(kArea, "{}: ending all VMs", ::strsignal(signal));
    }
    end();
}

void Supervisor::end() {
    ending_ = true;
    for (const auto& vm : vms_) {
        vm->stop();
    }
    go_on_.schedule();
}

// --- who runs ------------------------------------------------------------------------------------

void Supervisor::vm_changed(KioskVm&) {
    go_on_.schedule();
}

bool Supervisor::is_leaving(const std::string& name) const {
    return std::any_of(leaving_.begin(), leaving_.end(),
                       [&](const auto& vm) { return vm->plan().name == name; });
}

bool Supervisor::may_start(const KioskVm& vm) const {
    if (is_leaving(vm.plan().name)) {
        return false;
    }
    const auto& after = vm.plan().after;
    return std::all_of(after.begin(), after.end(), [this](const std::string& name) {
        const KioskVm* other = find(name);
        return other == nullptr || other->supervision().settled();
    });
}

void Supervisor::tell_standing() {
    if (!service_.listens()) {
        return;
    }
    if (ending_) {
        service_.status("all VMs are ending");
        return;
    }
    std::vector<VmStanding> standing;
    standing.reserve(vms_.size());
    for (const auto& vm : vms_) {
        const VmSupervision& supervision = vm->supervision();
        standing.push_back({vm->plan().name, supervision.state(), supervision.reason()});
    }
    if (std::none_of(standing.begin(), standing.end(),
                     [](const VmStanding& vm) { return vm.state == VmState::kWaiting; })) {
        service_.ready();
    }
    service_.status(status_line(standing, compositor_awaited_));
}

void Supervisor::go_on() {
    const auto stopped = [](const auto& vm) {
        return vm->supervision().state() == VmState::kStopped && vm->supervision().gone();
    };
    std::erase_if(leaving_, [&stopped](const auto& vm) {
        const bool over = stopped(vm);
        if (over) {
            vm->forget();
        }
        return over;
    });
    compositor_awaited_ = compositor_ && ::access(compositor_->c_str(), F_OK) != 0;
    tell_standing();
    if (ending_) {
        if (leaving_.empty() && std::all_of(vms_.begin(), vms_.end(), stopped)) {
            std::for_each(vms_.begin(), vms_.end(), [](const auto& vm) { vm->forget(); });
            loop_.quit();
        }
        return;
    }
    if (compositor_awaited_) {
        if (!std::exchange(told_of_compositor_, true)) {
            // log: once a process
            log_info(kArea, "there is no compositor at {} yet", *compositor_);
        }
        compositor_watch_->renew();
        return;
    }
    for (const auto& vm : vms_) {
        if (vm->supervision().state() == VmState::kWaiting && may_start(*vm)) {
            vm->start();
            go_on_.schedule();  // one a turn: a program takes milliseconds to start
            return;
        }
    }
}

/// A compositor has come: who waits for its next start without a window need not wait.
void Supervisor::socket_appeared() {
    for (const auto& vm : vms_) {
        vm->skip_delay();
    }
    go_on_.schedule();
}

KioskVm* Supervisor::find(const std::string& name) const {
    const auto it = std::find_if(vms_.begin(), vms_.end(),
                                 [&](const auto& vm) { return vm->plan().name == name; });
    return it == vms_.end() ? nullptr : it->get();
}

// --- the control socket --------------------------------------------------------------------------

ControlReply Supervisor::handle(const std::string& command, const json& request, UniqueFd&) {
    const auto success = [&](json value) {
        return ControlReply{control_line({{"ok", true}, {command, std::move(value)}}), {}};
    };
    if (command == "status") {
        json list = json::array();
        for (const auto& vm : vms_) {
            list.push_back(vm->status());
        }
        return success({{"pid", ::getpid()}, {"file", file_}, {"vms", std::move(list)}});
    }
    if (command == "info") {
        const auto running = std::count_if(vms_.begin(), vms_.end(), [](const auto& vm) {
            return vm->supervision().state() == VmState::kRunning;
        });
        return success({{"name", kKioskName},
                        {"pid", ::getpid()},
                        {"presenter", "kiosk"},
                        {"file", file_},
                        {"vms", vms_.size()},
                        {"running", running}});
    }
    if (command == "quit") {
        end();
        return success(true);
    }
    if (ending_) {
        return control_error("all VMs are ending");
    }
    if (command == "reload") {
        const auto complaint = reload();
        return complaint ? control_error(*complaint) : success(true);
    }
    if (command != "start" && command != "stop" && command != "restart" && command != "switch") {
        return control_error(
            fmt::format("'{}' is the supervisor: it has no command '{}'", kKioskName, command));
    }
    const std::string name = field_of(request, "vm", std::string{});
    KioskVm* const vm = find(name);
    if (vm == nullptr) {
        return control_error(fmt::format("there is no VM '{}' in {}", name, file_));
    }
    return command == "switch" ? send(request, *vm) : change(command, *vm);
}

ControlReply Supervisor::change(const std::string& command, KioskVm& vm) {
    if (command == "start") {
        if (is_leaving(vm.plan().name)) {
            return control_error(fmt::format("'{}' is still ending", vm.plan().name));
        }
        vm.start();
    } else if (command == "stop") {
        vm.stop();
    } else {
        vm.restart();
    }
    return {control_line({{"ok", true}, {command, true}}), {}};
}

/// "switch": with "try" it only says whether it could be done.
ControlReply Supervisor::send(const json& request, KioskVm& vm) {
    const std::string output = field_of(request, "output", std::string{});
    const auto screen = static_cast<size_t>(field_of(request, "scanout", int64_t{0}));
    const std::vector<std::string> places = vm.outputs();
    if (output.empty() || screen >= places.size()) {
        return control_error(fmt::format("'{}' has {} screens, and no screen {}", vm.plan().name,
                                         places.size(), screen));
    }
    KioskVm* other = nullptr;
    size_t other_screen = 0;
    for (const auto& candidate : vms_) {
        const auto its = candidate->outputs();
        const auto at = std::find(its.begin(), its.end(), output);
        if (at != its.end()) {
            other = candidate.get();
            other_screen = static_cast<size_t>(at - its.begin());
        }
    }
    const bool is_there = places[screen] == output;
    if (other != nullptr && !is_there && places[screen].empty()) {
        return control_error(
            fmt::format("'{}' is on {}, and '{}' leaves no output that it could go to",
                        other->plan().name, output, vm.plan().name));
    }
    if (!field_of(request, "try", false) && !is_there) {
        vm.send_to(screen, output);
        if (other != nullptr) {
            other->send_to(other_screen, places[screen]);
        }
    }
    return {control_line({{"ok", true}, {"switch", true}}), {}};
}

}  // namespace oriel::app
