// SPDX-License-Identifier: MIT
#include "serve/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace oriel::app {

StopSignals::StopSignals(EventLoop& loop, StopListener& listener) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&set, signal);
    }
    // Blocked: the descriptor reports what would otherwise end the process.
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
        throw StartupError{system_error("block signals").value()};
    }
    fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_) {
        throw StartupError{system_error("signalfd").value()};
    }
    auto watch = loop.watch(fd_.get(), FdEvents::kRead, [fd = fd_.get(), &listener](FdEvents) {
        signalfd_siginfo info{};
        if (::read(fd, &info, sizeof(info)) == sizeof(info)) {
            listener.stop_requested(static_cast<int>(info.ssi_signo));
        }
    });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    watch_ = std::move(*watch);
}

void ignore_broken_pipes() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, nullptr);
    // A limit of file sizes: writing fails then, and whoever writes says so in one line.
    ::sigaction(SIGXFSZ, &ignore, nullptr);
}

}  // namespace oriel::app
