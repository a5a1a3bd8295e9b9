// SPDX-License-Identifier: MIT
#include "net/other_process.h"

#include <utility>

#include "net/pidfd.h"

namespace oriel {

Result<std::unique_ptr<OtherProcess>> OtherProcess::watch(EventLoop& loop, pid_t pid,
                                                          ProcessEndListener& listener) {
    UniqueFd pidfd{::pidfd_open(pid, 0)};
    if (!pidfd) {
        return system_error("watch process {}", pid);
    }
    return watch(loop, pid, std::move(pidfd), listener);
}

Result<std::unique_ptr<OtherProcess>> OtherProcess::watch(EventLoop& loop, pid_t pid,
                                                          UniqueFd pidfd,
                                                          ProcessEndListener& listener) {
    auto process =
        std::unique_ptr<OtherProcess>{new OtherProcess{loop, pid, std::move(pidfd), listener}};
    auto watch = loop.watch(process->handle_.fd(), FdEvents::kRead,
                            [self = process.get()](FdEvents) { self->ended(); });
    if (!watch) {
        return tl::unexpected(std::move(watch).error());
    }
    process->watch_ = std::move(*watch);
    return process;
}

void OtherProcess::ended() {
    watch_.reset();
    handle_.ended();
    listener_.process_ended();
}

}  // namespace oriel
