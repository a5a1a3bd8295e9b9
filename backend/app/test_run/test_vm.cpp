// SPDX-License-Identifier: MIT
#include "test_run/test_vm.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/runtime_folder.h"
#include "core/read_up_to.h"
#include "core/unique_fd.h"
#include "ctl/control_client.h"
#include "record/record_client.h"
#include "record/recorder_process.h"
#include "run/qemu_command.h"
#include "run/qemu_syntax.h"
#include "test_run/qmp_client.h"

namespace oriel::app {
namespace {

constexpr std::chrono::milliseconds kMonitorPatience{10'000};
constexpr Nanoseconds kStartInterval{5'000'000};

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

std::vector<std::string> TestVm::command_line(const Script& script, const std::string& folder) {
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
    command.insert(command.end(), script.vm.options.begin(), script.vm.options.end());
    command.emplace_back("--");
    command.insert(command.end(), script.vm.qemu.begin(), script.vm.qemu.end());
    const std::vector<std::string> monitor{
        "-chardev",
        fmt::format("socket,id=oriel-test-monitor,path={},server=on,wait=off",
                    in_list(monitor_path(folder))),
        "-mon", "chardev=oriel-test-monitor,mode=control"};
    command.insert(command.end(), monitor.begin(), monitor.end());
    if (serial_is_free(script)) {
        command.insert(command.end(), {"-serial", fmt::format("file:{}", serial_path(folder))});
    }
    return command;
}

TestVm::TestVm(const Script& script, std::string folder)
    : folder_{std::move(folder)},
      has_serial_{serial_is_free(script)},
      screens_{control_path_in(folder_), kName} {}

TestVm::~TestVm() = default;

Result<std::unique_ptr<TestVm>> TestVm::start(const Script& script, const std::string& folder) {
    auto vm = std::unique_ptr<TestVm>{new TestVm{script, folder}};
    auto oriel = ChildProcess::start(
        vm->loop_, command_line(script, folder),
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
    while (now() < deadline) {
        pass(kStartInterval);
        if (ended()) {
            return host_error("the VM {} before it had its display", end_text());
        }
        const auto answer = control_request(control_path_in(folder_), kName, {{"command", "info"}},
                                            kMonitorPatience);
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
    do {
        loop_.dispatch(std::max(until - now(), Nanoseconds{0}));
    } while (now() < until);
}

Result<ScreenState> TestVm::screen(ScanoutId scanout) {
    return screens_.screen(scanout);
}

Result<SeenPicture> TestVm::picture(ScanoutId scanout, WithCursor cursor) {
    return screens_.picture(scanout, cursor);
}

void TestVm::read_serial() {
    const UniqueFd fd{::open(serial_path(folder_).c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd || ::lseek(fd.get(), static_cast<off_t>(serial_bytes_), SEEK_SET) < 0) {
        return;
    }
    std::array<char, 65536> piece;
    while (serial_bytes_ <= kMaxSerial) {
        const ssize_t got = read_up_to(fd.get(), piece.data(), piece.size());
        if (got <= 0) {
            return;
        }
        serial_bytes_ += static_cast<size_t>(got);
        // Lines end as everywhere else.
        std::copy_if(piece.begin(), piece.begin() + got, std::back_inserter(serial_),
                     [](char c) { return c != '\r' && c != '\0'; });
    }
}

Result<std::string_view> TestVm::serial() {
    if (!has_serial_) {
        return host_error("the command line has a -serial of its own");
    }
    read_serial();
    if (serial_bytes_ > kMaxSerial) {
        return host_error("the guest has said more than {} MiB on its serial port",
                          kMaxSerial >> 20);
    }
    return std::string_view{serial_};
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
