// SPDX-License-Identifier: MIT
#include "net/process_handle.h"

#include <csignal>
#include <functional>
#include <utility>

#include "core/log.h"
#include "net/outside.h"
#include "net/pidfd.h"

namespace oriel {

ProcessHandle::ProcessHandle(EventLoop& loop, pid_t pid, UniqueFd pidfd)
    : pid_{pid},
      pidfd_{std::move(pidfd)},
      timer_{loop, std::bind_front(&ProcessHandle::timer_due, this)} {}

void send_signal(pid_t pid, int pidfd, int signal) {
    if (Outside* const outside = Outside::current()) {
        outside->signal(pid, signal);
    } else {
        static_cast<void>(::pidfd_send_signal(pidfd, signal, nullptr, 0));
    }
}

void ProcessHandle::send(int signal) {
    send_signal(pid_, pidfd_.get(), signal);
}

void ProcessHandle::terminate(Nanoseconds patience) {
    if (!running_ || asked_) {
        return;
    }
    asked_ = true;
    send(SIGTERM);
    timer_.arm_after(patience);
}

void ProcessHandle::expect_end(Nanoseconds patience) {
    if (running_ && !asked_) {
        patience_ = patience;
        timer_.arm_after(patience);
    }
}

void ProcessHandle::expect_no_end() {
    if (!asked_) {
        timer_.disarm();
    }
}

void ProcessHandle::ended() {
    running_ = false;
    timer_.disarm();
}

void ProcessHandle::timer_due() {
    if (asked_) {
        // log: once a process
        log_warn("net", "process {} does not end: killed", pid_);
        send(SIGKILL);
    } else {
        terminate(patience_);
    }
}

}  // namespace oriel
