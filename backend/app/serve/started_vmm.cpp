// SPDX-License-Identifier: MIT
#include "serve/started_vmm.h"

#include <utility>

#include "core/log.h"

namespace oriel::app {
namespace {

constexpr const char* kStartedArea = "app";
constexpr int kVmmFailed = 1;
// QEMU flushes its disks first.
constexpr Nanoseconds kVmmPatience{10'000'000'000};

}  // namespace

void StartedVmm::start(const std::vector<std::string>& command) {
    if (command.empty()) {
        return;
    }
    program_ = command.front();
    auto process = VmmProcess::start(loop_, command, *this);
    if (!process) {
        throw StartupError{process.error()};
    }
    process_ = std::move(*process);
}

void StartedVmm::attached(pid_t holder, int connection) {
    if (running()) {
        process_->attached(holder, connection);
    }
}

void StartedVmm::let_go() {
    if (running()) {
        process_->let_go();
    }
}

void StartedVmm::detached() {
    if (running()) {
        process_->detached(kVmmPatience);
    }
}

void StartedVmm::disconnected() {
    if (running()) {
        process_->disconnected();
    }
}

/// The VMM is still answered while it ends: it says good-bye to its devices.
void StartedVmm::end(int exit_code) {
    if (!running()) {
        loop_.quit(exit_code);
        return;
    }
    if (!ending_) {
        ending_ = exit_code;
        process_->terminate(kVmmPatience);
    }
}

void StartedVmm::vmm_ended(const ExitStatus& status) {
    const bool asked = ending_.has_value();
    const int code = asked ? *ending_ : status.success() ? 0 : kVmmFailed;
    // log: once a process
    if (asked || status.success()) {
        log_info(kStartedArea, "{} ended", program_);
    } else if (process_->was_attached()) {
        log_error(kStartedArea, "{} ended {}", program_, to_string(status));
    } else {
        log_error(kStartedArea, "{} ended {} before its display was attached", program_,
                  to_string(status));
    }
    loop_.quit(code);
}

}  // namespace oriel::app
