// SPDX-License-Identifier: MIT
#include "test_run/test_vm.h"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/runtime_folder.h"
#include "ctl/control_client.h"
#include "record/record_client.h"
#include "record/recorder_process.h"
#include "run/qemu_command.h"
#include "run/qemu_syntax.h"
#include "test_run/qmp_client.h"

namespace oriel::app {
namespace {

constexpr std::chrono::milliseconds kMonitorPatience{10'000};
constexpr Nanoseconds kStartInterval{10'000'000};

std::string monitor_path(const std::string& folder) {
    return folder + "/monitor.sock";
}
std::string serial_path(const std::string& folder) {
    return folder + "/serial.log";
}
std::string control_path_in(const std::string& folder) {
    return control_socket_path(folder + "/oriel", TestVm::kName);
}

/// Whether the command line leaves its first serial port to us.
bool serial_is_free(const Script& script) {
    const QemuCommand command{script.vm.qemu};
    return !command.has("serial") && !command.has("nographic");
}

}  // namespace

std::vector<std::string> TestVm::command_line(const Script& script, const Places& places) {
    // Its own program, whatever is at its path by now.
    std::vector<std::string> command{"/proc/self/exe", "run",
                                     "--headless",     fmt::format("--name={}", kName),
                                     "--freeze-blink", fmt::format("--outputs={}", script.screens)};
    if (script.size) {
        const Size size = script.size->size;
        command.push_back(script.size->refresh_mhz
                              ? fmt::format("--size={}x{}@{:g}", size.width, size.height,
                                            static_cast<double>(*script.size->refresh_mhz) / 1000)
                              : fmt::format("--size={}x{}", size.width, size.height));
    }
    if (script.pace == PaceOption::kVirtual) {
        command.emplace_back("--pace=virtual");
    }
    if (!places.trace.empty()) {
        command.push_back("--trace=" + places.trace);
    }
    if (!places.sandbox.empty()) {
        command.push_back("--sandbox=" + places.sandbox);
    }
    command.insert(command.end(), script.vm.options.begin(), script.vm.options.end());
    command.emplace_back("--");
    command.insert(command.end(), script.vm.qemu.begin(), script.vm.qemu.end());
    const std::vector<std::string> monitor{
        "-chardev",
        fmt::format("socket,id=oriel-test-monitor,path={},server=on,wait=off",
                    in_list(monitor_path(places.folder))),
        "-mon", "chardev=oriel-test-monitor,mode=control"};
    command.insert(command.end(), monitor.begin(), monitor.end());
    if (serial_is_free(script)) {
        command.insert(command.end(),
                       {"-serial", fmt::format("file:{}", serial_path(places.folder))});
    }
    return command;
}

TestVm::TestVm(const Script& script, const Places& places)
    : folder_{places.folder},
      has_serial_{serial_is_free(script)},
      has_trace_{!places.trace.empty()},
      screens_{control_path_in(folder_), kName},
      serial_{serial_path(folder_)} {}

TestVm::~TestVm() {
    if (has_trace_ && oriel_) {
        end();
    }
}

void TestVm::end() {
    oriel_->terminate(kEndPatience);
    const TimePoint deadline = now() + kEndPatience;
    while (!ended() && now() < deadline) {
        loop_.dispatch(deadline - now());
    }
}

Result<std::unique_ptr<TestVm>> TestVm::start(const Script& script, const Places& places) {
    auto vm = std::unique_ptr<TestVm>{new TestVm{script, places}};
    auto oriel = ChildProcess::start(
        vm->loop_, command_line(script, places),
        [self = vm.get()](const ExitStatus& status) { self->status_ = status; });
    if (!oriel) {
        return tl::unexpected(oriel.error());
    }
    vm->oriel_ = std::move(*oriel);
    if (auto attached = vm->wait_until_attached(); !attached) {
        return tl::unexpected(attached.error());
    }
    return vm;
}

Result<void> TestVm::wait_until_attached() {
    const TimePoint deadline = now() + kAttachPatience;
    ControlConnection control{control_path_in(folder_), kName};
    while (now() < deadline) {
        pass(kStartInterval);
        if (ended()) {
            return host_error("the VM {} before it had its display", end_text());
        }
        const auto answer = control.request({{"command", "info"}}, kMonitorPatience);
        if (answer &&
            field_of(answer->field("info", nlohmann::json::object()), "attached", false)) {
            return {};
        }
    }
    return host_error("the VM has no display after {} s",
                      std::chrono::floor<std::chrono::seconds>(kAttachPatience).count());
}

void TestVm::pass(Nanoseconds time) {
    const TimePoint until = now() + time;
    const bool ended_before = ended();
    // Whoever waits is to know of its end at once.
    do {
        loop_.dispatch(std::max(until - now(), Nanoseconds{0}));
    } while (now() < until && ended() == ended_before);
}

Result<ScreenState> TestVm::screen(ScanoutId scanout) {
    return screens_.screen(scanout);
}

Result<SeenPicture> TestVm::picture(ScanoutId scanout, WithCursor cursor) {
    return screens_.picture(scanout, cursor);
}

Result<std::string_view> TestVm::serial() {
    if (!has_serial_) {
        return host_error("the command line has a -serial of its own");
    }
    return serial_.text();
}

Result<void> TestVm::start_recording(const RecordScript& record, const std::string& file) {
    return app::start_recording({control_path_in(folder_), kName, record.scanout}, record.choice,
                                file);
}

Result<std::string> TestVm::stop_recording(const RecordScript& record) {
    if (!ended()) {
        const auto summary = app::stop_recording({control_path_in(folder_), kName, record.scanout});
        if (summary) {
            return summary_text(*summary);
        }
        // The VM may be about to end.
        const TimePoint deadline = now() + RecorderProcess::kPatience + kStartInterval;
        while (!ended() && is_about_to_end() && now() < deadline) {
            pass(kStartInterval);
        }
        if (!ended()) {
            return tl::unexpected(summary.error());
        }
    }
    return std::string{"up to the end of the VM"};
}

/// Nobody answers for it any more.
bool TestVm::is_about_to_end() const {
    return !control_request(control_path_in(folder_), kName, {{"command", "info"}},
                            std::chrono::milliseconds{100});
}

std::string TestVm::end_text() const {
    return status_ ? "ended " + to_string(*status_) : "runs";
}

Result<void> TestVm::ask(const nlohmann::json& request) {
    return screens_.ask(request);
}

Result<std::string> TestVm::qmp(const std::string& command) {
    return qmp_request(monitor_path(folder_), command, kMonitorPatience);
}

Result<void> TestVm::kill_vmm() {
    const auto answer =
        control_request(control_path_in(folder_), kName, {{"command", "info"}}, kMonitorPatience);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    const auto pid =
        field_of(answer->field("info", nlohmann::json::object()), "vmm_pid", int64_t{0});
    if (pid <= 1 || ::kill(static_cast<pid_t>(pid), SIGKILL) != 0) {
        return host_error("there is no VMM to kill");
    }
    return {};
}

Result<void> TestVm::run(const std::vector<std::string>& command, Nanoseconds patience) {
    std::optional<ExitStatus> status;
    auto program =
        ChildProcess::start(loop_, command, [&status](const ExitStatus& end) { status = end; });
    if (!program) {
        return tl::unexpected(program.error());
    }
    const TimePoint deadline = now() + patience;
    while (!status && now() < deadline) {
        loop_.dispatch(deadline - now());
    }
    if (!status) {
        return host_error("{} has not ended in time", command.front());
    }
    if (!status->success()) {
        return host_error("{} ended {}", command.front(), to_string(*status));
    }
    return {};
}

}  // namespace oriel::app
