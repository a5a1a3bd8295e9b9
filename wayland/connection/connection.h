// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "core/unique_handle.h"

namespace oriel::wayland {

class ConnectionListener {
public:
    ConnectionListener() = default;
    ConnectionListener(const ConnectionListener&) = delete;
    ConnectionListener& operator=(const ConnectionListener&) = delete;

    /// Comes at most once, on the loop, perhaps from inside an event of the connection's: nothing
    /// of it may be destroyed before that returns. `reason` is one line for the user.
    virtual void connection_lost(const std::string& reason) = 0;

protected:
    ~ConnectionListener() = default;
};

/// The socket to the compositor. Never waits for it: the socket is read when the loop says that
/// there is something, and written before the loop sleeps.
class Connection {
public:
    /// Connects over `connected_fd`, or where there is none as the environment says. `loop` and
    /// `listener` are lent and must outlive the connection. Throws StartupError.
    Connection(EventLoop& loop, UniqueFd connected_fd, ConnectionListener& listener);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] wl_display* display() const { return display_.get(); }
    [[nodiscard]] EventLoop& loop() const { return loop_; }
    [[nodiscard]] bool lost() const { return lost_; }
    /// The socket has no room, because the compositor doesn't read. What can wait must wait: the
    /// room that libwayland has for requests is small, and the connection ends once it is full.
    [[nodiscard]] bool congested() const { return congested_; }

    /// From now on the connection counts as lost; ConnectionListener hears why, unless it was lost
    /// already.
    void give_up(const std::string& reason);

private:
    using Display = UniqueHandle<wl_display, wl_display_disconnect>;

    void readable(FdEvents events);
    void before_sleep();
    void flush();
    void lose();
    [[nodiscard]] std::string describe_loss() const;

    EventLoop& loop_;
    ConnectionListener& listener_;
    Display display_;
    FdWatch watch_;
    std::optional<BeforeSleep> hook_;
    bool lost_ = false;
    bool congested_ = false;
};

}  // namespace oriel::wayland
