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

void VmmProcess::attached(pid_t holder) {
    attached_ = true;
    holder_pid_ = holder;
    heirs_watch_.reset();
    program_->expect_no_end();
    holder_.reset();
    if (holder > 0 && holder != program_->pid()) {
        // Its connection is there, so its number is still its own.
        auto process = OtherProcess::watch(loop_, holder, *this);
        if (process) {
            holder_ = std::move(*process);
        }
    }
    if (asked_ && holder_runs()) {
        holder_->handle().terminate(patience_);  // it came too late to have been asked
    }
}

void VmmProcess::let_go() {
    attached_ = false;
    holder_pid_ = 0;
    holder_.reset();
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
    if (holder_runs()) {
        holder_->handle().expect_end(patience);
    } else if (!program_->running()) {
        finish();
    }
}

void VmmProcess::disconnected() {
    attached_ = false;
    was_attached_ = true;
    if (!program_->running() && !holder_runs()) {
        finish();
    }
}

void VmmProcess::terminate(Nanoseconds patience) {
    asked_ = true;
    patience_ = patience;
    if (!program_->running() && !holder_runs()) {
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
    if (holder_runs() && asked_) {
        return;
    }
    if (holder_runs()) {
        log_info(kArea, "{} ended {}; the VM goes on in process {}", name_, to_string(status),
                 holder_->handle().pid());
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
