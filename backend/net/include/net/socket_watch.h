// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel {

class SocketWatchListener {
public:
    SocketWatchListener() = default;
    SocketWatchListener(const SocketWatchListener&) = delete;
    SocketWatchListener& operator=(const SocketWatchListener&) = delete;

    /// Somebody has made a file of that name. It may not listen yet.
    virtual void socket_appeared() = 0;

protected:
    ~SocketWatchListener() = default;
};

/// Watches a folder for a socket that somebody is going to make there. A hint and no more: where
/// the kernel gives no watch, or the folder itself goes, nothing is told.
class SocketWatch {
public:
    /// `loop` and `listener` are lent and must outlive this.
    SocketWatch(EventLoop& loop, const std::string& path, SocketWatchListener& listener);
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    /// The folder was not there, or has gone: looks for it again.
    void renew();

private:
    void readable();

    EventLoop& loop_;
    SocketWatchListener& listener_;
    std::string folder_;
    std::string name_;
    UniqueFd inotify_;
    FdWatch watch_;
};

}  // namespace oriel
