// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::wayland {

/// The socket to the compositor. Waits for it only in roundtrip(), at start-up; from start() on it
/// is read when the loop says that there is something, and written before the loop sleeps.
class Connection {
public:
    using OnLost = std::function<void(const std::string& reason)>;

    /// Connects over `connected_fd`, or where there is none as the environment says. `loop` is lent
    /// and must outlive the connection. `on_lost` is called at most once, on the loop, with one
    /// line for the user. Throws StartupError.
    ///
    /// `stop_fd` is lent, or -1: once it is readable roundtrip() waits no longer.
    Connection(EventLoop& loop, UniqueFd connected_fd, int stop_fd, OnLost on_lost);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] wl_display* display() const { return display_.get(); }
    [[nodiscard]] bool lost() const { return lost_; }

    /// Waits until the compositor has answered all requests, some seconds at most. Throws
    /// StartupError, with exit code 0 where the user wanted to stop.
    void roundtrip();
    /// From now on the loop serves the connection. Throws StartupError.
    void start();

private:
    using Display = UniqueHandle<wl_display, wl_display_disconnect>;

    void readable(FdEvents events);
    void before_sleep();
    void flush();
    void wait_readable(TimePoint deadline);
    void lose();
    [[nodiscard]] std::string describe_loss() const;

    EventLoop& loop_;
    const int stop_fd_;
    OnLost on_lost_;
    Display display_;
    FdWatch watch_;
    std::optional<BeforeSleep> hook_;
    bool lost_ = false;
};

}  // namespace oriel::wayland
