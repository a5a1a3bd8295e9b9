// SPDX-License-Identifier: MIT
#include "net/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/log.h"

namespace oriel {

Acceptor::Acceptor(EventLoop& loop, int socket, ConnectionListener& listener)
    : socket_{socket}, listener_{listener}, pause_{loop, [this] { resume(); }} {
    auto watch = loop.watch(socket_, FdEvents::kRead, [this](FdEvents) { accept(); });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    watch_ = std::move(*watch);
}

void Acceptor::accept() {
    UniqueFd client{::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (client) {
        listener_.accepted(std::move(client));
        return;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        log_debug("core", "accept: {}", system_error("no room for a client").value().message());
        watch_.set_events(FdEvents::kNone);
        pause_.arm_after(kPause);
    }
}

}  // namespace oriel
