// SPDX-License-Identifier: MIT
#include "connection/connection.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "connection/environment_socket.h"
#include "core/log.h"

namespace oriel::wayland {
namespace {

#if WAYLAND_VERSION_MAJOR > 1 || WAYLAND_VERSION_MINOR >= 23
constexpr size_t kMaxUnsentBytes = size_t{1} << 20;
#endif

// What libwayland has to say is in describe_loss() as well, without the words of the compositor.
void log_from_libwayland(const char* format, va_list args) {
    char line[512];
    const int length = std::vsnprintf(line, sizeof line, format, args);
    if (length > 0) {
        std::string_view text{line};
        while (text.ends_with('\n')) {
            text.remove_suffix(1);
        }
        log_debug("wayland", "libwayland: {}", text);
    }
}

std::string no_compositor() {
    const int code = errno;
    const char* name = std::getenv("WAYLAND_DISPLAY");
    if (std::getenv("XDG_RUNTIME_DIR") == nullptr) {
        return "no Wayland compositor: XDG_RUNTIME_DIR is not set";
    }
    return fmt::format("no Wayland compositor at {}{}: {}", name != nullptr ? name : "wayland-0",
                       name != nullptr ? "" : " (WAYLAND_DISPLAY is not set)", std::strerror(code));
}

}  // namespace

Connection::Connection(EventLoop& loop, UniqueFd connected_fd, ConnectionListener& listener)
    : loop_{loop}, listener_{listener} {
    wl_log_set_handler_client(log_from_libwayland);
    if (!connected_fd) {
        if (const auto usable = check_environment_socket(); !usable) {
            throw StartupError{usable.error()};
        }
    }
    // wl_display_connect_to_fd() takes the descriptor, also when it fails.
    display_.reset(connected_fd ? wl_display_connect_to_fd(connected_fd.release())
                                : wl_display_connect(nullptr));
    if (!display_) {
        throw StartupError{no_compositor()};
    }
#if WAYLAND_VERSION_MAJOR > 1 || WAYLAND_VERSION_MINOR >= 23
    // Before 1.23 the buffer doesn't grow at all; from it on it would without a bound.
    wl_display_set_max_buffer_size(display_.get(), kMaxUnsentBytes);
#endif
    auto watch = loop_.watch(wl_display_get_fd(display_.get()), FdEvents::kRead,
                             [this](FdEvents events) { readable(events); });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    watch_ = std::move(*watch);
    hook_.emplace(loop_, [this] { before_sleep(); });
}

Connection::~Connection() {
    hook_.reset();
    watch_.reset();
    if (!lost_) {
        // Windows close now and not when the kernel closes the socket.
        wl_display_flush(display_.get());
    }
}

void Connection::readable(FdEvents events) {
    if (lost_ || !((events & FdEvents::kRead) || (events & FdEvents::kHangUp) ||
                   (events & FdEvents::kError))) {
        return;  // writable: before_sleep() flushes
    }
    // Fails while events are queued that nobody has dispatched; those first.
    while (wl_display_prepare_read(display_.get()) != 0) {
        if (wl_display_dispatch_pending(display_.get()) < 0) {
            lose();
            return;
        }
    }
    if (wl_display_read_events(display_.get()) < 0 ||
        wl_display_dispatch_pending(display_.get()) < 0) {
        lose();
    }
}

void Connection::before_sleep() {
    if (lost_) {
        return;
    }
    // EGL reads the socket too when it swaps, and leaves our events in our queue: the loop would
    // sleep on a socket that is empty.
    if (wl_display_dispatch_pending(display_.get()) < 0) {
        lose();
        return;
    }
    flush();
}

void Connection::flush() {
    congested_ = false;
    if (wl_display_flush(display_.get()) >= 0) {
        watch_.set_events(FdEvents::kRead);
    } else if (errno == EAGAIN) {
        congested_ = true;
        watch_.set_events(FdEvents::kRead | FdEvents::kWrite);
    } else if (errno != EPIPE) {
        lose();
    }
    // EPIPE: the compositor may have said why before it hung up. Reading tells, and the loop
    // reports the hang-up.
}

void Connection::lose() {
    give_up(describe_loss());
}

void Connection::give_up(const std::string& reason) {
    if (lost_) {
        return;
    }
    lost_ = true;
    watch_.reset();
    listener_.connection_lost(reason);
}

std::string Connection::describe_loss() const {
    const int code = wl_display_get_error(display_.get());
    if (code == EPROTO) {
        const wl_interface* interface = nullptr;
        uint32_t id = 0;
        const uint32_t error = wl_display_get_protocol_error(display_.get(), &interface, &id);
        return fmt::format("the compositor reports a protocol error: {}@{}, error {}",
                           interface != nullptr ? interface->name : "unknown", id, error);
    }
    if (code == 0 || code == EPIPE || code == ECONNRESET) {
        return "the compositor closed the connection";
    }
    return fmt::format("the connection to the compositor failed: {}", std::strerror(code));
}

}  // namespace oriel::wayland
