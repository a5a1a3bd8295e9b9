// SPDX-License-Identifier: MIT
#include "run/vmm_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "core/descriptor_pair.h"
#include "core/log.h"

namespace oriel::app {
namespace {

constexpr const char* kArea = "app";

}  // namespace

Result<std::unique_ptr<VmmProcess>> VmmProcess::start(EventLoop& loop,
                                                      const std::vector<std::string>& command,
                                                      VmmListener& listener) {
    auto heirs = make_pipe(fmt::format("start {}", command.front()), O_NONBLOCK);
    if (!heirs) {
        return tl::unexpected(heirs.error());
    }
    auto vmm = std::unique_ptr<VmmProcess>{new VmmProcess{loop, listener}};
    vmm->name_ = command.front();
    vmm->heirs_ = std::move(heirs->reader);
    const UniqueFd inherited = std::move(heirs->writer);
    auto program = ChildProcess::start(
        loop, command,
        [self = vmm.get()](const ExitStatus& status) { self->program_ended(status); },
        inherited.get());
    if (!program) {
        return tl::unexpected(std::move(program).error());
    }
    vmm->program_ = std::move(*program);
    return vmm;
}

VmmProcess::~VmmProcess() {
    if (holder_runs()) {
        holder_->handle().send(SIGKILL);
    }
}

void VmmProcess::attached(pid_t holder, int connection) {
    attached_ = true;
    holder_pid_ = holder;
    heirs_watch_.reset();
    program_->expect_no_end();
    forget_holder();
    if (holder > 0 && holder != program_->pid()) {
        watch_holder(connection);
    }
}

void VmmProcess::watch_holder(int connection) {
    finding_ = true;
    if (Outside::current() != nullptr) {
        errand_.find_vmm(holder_pid_, connection);
    } else {
        // Its connection is there, so its number is still its own.
        holder_found(OtherProcess::watch(loop_, holder_pid_, *this));
    }
}

void VmmProcess::outside_answered(Result<std::string> text, UniqueFd pidfd) {
    if (!text) {
        holder_found(tl::unexpected(text.error()));
    } else {
        holder_found(OtherProcess::watch(loop_, holder_pid_, std::move(pidfd), *this));
    }
}

/// What has happened until now was not told to it. One that can't be watched is as one that can't
/// be seen.
void VmmProcess::holder_found(Result<std::unique_ptr<OtherProcess>> process) {
    finding_ = false;
    if (process) {
        holder_ = std::move(*process);
    }
    if (holder_ && asked_) {
        holder_->handle().terminate(patience_);
    } else if (holder_ && leaving_) {
        holder_->handle().expect_end(*leaving_);
    } else if (!holder_ && (asked_ || !attached_) && !program_->running()) {
        finish();
    }
}

void VmmProcess::forget_holder() {
    errand_.cancel();
    finding_ = false;
    leaving_.reset();
    holder_.reset();
}

void VmmProcess::let_go() {
    attached_ = false;
    holder_pid_ = 0;
    forget_holder();
    if (!program_->running()) {
        program_ended(*status_);
    }
}

void VmmProcess::detached(Nanoseconds patience) {
    attached_ = false;
    was_attached_ = true;
    if (program_->running()) {
        program_->expect_end(patience);
    }
    leaving_ = patience;
    if (holder_runs()) {
        holder_->handle().expect_end(patience);
    } else if (!finding_ && !program_->running()) {
        finish();
    }
}

void VmmProcess::disconnected() {
    attached_ = false;
    was_attached_ = true;
    if (!program_->running() && !holder_may_run()) {
        finish();
    }
}

void VmmProcess::terminate(Nanoseconds patience) {
    asked_ = true;
    patience_ = patience;
    if (!program_->running() && !holder_may_run()) {
        finish();  // there is nobody who could be asked
        return;
    }
    program_->terminate(patience);
    if (holder_runs()) {
        holder_->handle().terminate(patience);
    }
}

void VmmProcess::program_ended(const ExitStatus& status) {
    status_ = status;
    if (holder_may_run() && asked_) {
        return;
    }
    if (holder_may_run()) {
        log_info(kArea, "{} ended {}; the VM goes on in process {}", name_, to_string(status),
                 holder_pid_);
    } else if (status.success() && !was_attached() && !asked_) {
        wait_for_heirs();
    } else if (asked_ || !attached_ || holder_pid_ == program_->pid()) {
        finish();
    }
}

/// The program has ended well and nothing is attached: perhaps it has left a VM behind.
void VmmProcess::wait_for_heirs() {
    auto watch = loop_.watch(heirs_.get(), FdEvents::kRead, [this](FdEvents) { heir_spoke(); });
    if (!watch) {
        finish();
        return;
    }
    heirs_watch_ = std::move(*watch);
    heir_spoke();
    if (!over_) {
        log_info(kArea, "{} ended and has left something running: waiting for its VM", name_);
    }
}

void VmmProcess::heir_spoke() {
    std::array<char, 4096> nothing{};
    if (::read(heirs_.get(), nothing.data(), nothing.size()) == 0) {
        heirs_watch_.reset();
        finish();
    }
}

void VmmProcess::process_ended() {
    // While the socket is held, by a process that this one has started, the VM goes on.
    if ((asked_ || !attached_) && !program_->running()) {
        finish();
    }
}

void VmmProcess::finish() {
    if (!std::exchange(over_, true)) {
        listener_.vmm_ended(*status_);
    }
}

}  // namespace oriel::app
