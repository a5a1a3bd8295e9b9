// SPDX-License-Identifier: MIT
#include "connection/connection.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "connection/proxies.h"
#include "core/log.h"

namespace oriel::wayland {
namespace {

using namespace std::chrono_literals;

// Long enough for a compositor that is still starting, short enough to say that one hangs.
constexpr Nanoseconds kStartupWait = 10s;

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

Connection::Connection(EventLoop& loop, UniqueFd connected_fd, int stop_fd, OnLost on_lost)
    : loop_{loop}, stop_fd_{stop_fd}, on_lost_{std::move(on_lost)} {
    wl_log_set_handler_client(log_from_libwayland);
    // wl_display_connect_to_fd() takes the descriptor, also when it fails.
    display_.reset(connected_fd ? wl_display_connect_to_fd(connected_fd.release())
                                : wl_display_connect(nullptr));
    if (!display_) {
        throw StartupError{no_compositor()};
    }
}

Connection::~Connection() {
    hook_.reset();
    watch_.reset();
    if (!lost_) {
        // Windows close now and not when the kernel closes the socket.
        wl_display_flush(display_.get());
    }
}

void Connection::roundtrip() {
    bool done = false;
    const Proxy<wl_callback> sync{wl_display_sync(display_.get())};
    static constexpr wl_callback_listener listener{
        .done = [](void* data, wl_callback*, uint32_t) { *static_cast<bool*>(data) = true; }};
    wl_callback_add_listener(sync.get(), &listener, &done);
    // The wall clock, also under a test's clock: this waits for another process.
    const TimePoint deadline = SystemClock{}.now() + kStartupWait;
    while (!done) {
        if (wl_display_dispatch_pending(display_.get()) < 0) {
            throw StartupError{describe_loss()};
        }
        if (!done) {
            wait_readable(deadline);
        }
    }
}

void Connection::wait_readable(TimePoint deadline) {
    if (wl_display_prepare_read(display_.get()) != 0) {
        return;
    }
    const bool flushed = wl_display_flush(display_.get()) >= 0 || errno == EPIPE;
    const auto events = static_cast<short>(flushed ? POLLIN : POLLIN | POLLOUT);
    // poll() ignores a descriptor of -1.
    std::array<pollfd, 2> polled{
        {{.fd = wl_display_get_fd(display_.get()), .events = events, .revents = 0},
         {.fd = stop_fd_, .events = POLLIN, .revents = 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SystemClock{}.now());
    const int ready =
        left.count() > 0 ? ::poll(polled.data(), polled.size(), static_cast<int>(left.count())) : 0;
    if (ready > 0 && (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        if (wl_display_read_events(display_.get()) < 0) {
            throw StartupError{describe_loss()};
        }
        return;
    }
    wl_display_cancel_read(display_.get());
    if (ready > 0 && polled[1].revents != 0) {
        throw StartupError{"stopped while the Wayland compositor had not answered yet", 0};
    }
    if (ready == 0) {
        throw StartupError{"the Wayland compositor does not answer"};
    }
}

void Connection::start() {
    auto watch = loop_.watch(wl_display_get_fd(display_.get()), FdEvents::kRead,
                             [this](FdEvents events) { readable(events); });
    if (!watch) {
        throw StartupError{watch.error()};
    }
    watch_ = std::move(*watch);
    hook_.emplace(loop_, [this] { before_sleep(); });
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
    if (wl_display_flush(display_.get()) >= 0) {
        watch_.set_events(FdEvents::kRead);
    } else if (errno == EAGAIN) {
        watch_.set_events(FdEvents::kRead | FdEvents::kWrite);
    } else if (errno != EPIPE) {
        lose();
    }
    // EPIPE: the compositor may have said why before it hung up. Reading tells, and the loop
    // reports the hang-up.
}

void Connection::lose() {
    if (lost_) {
        return;
    }
    lost_ = true;
    watch_.reset();
    if (on_lost_) {
        on_lost_(describe_loss());
    }
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
