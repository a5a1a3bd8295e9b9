// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/connection.h"
#include "core/event_loop.h"
#include "protocol/core.h"

namespace oriel::wayland {

class PacedSender {
public:
    PacedSender() = default;
    PacedSender(const PacedSender&) = delete;
    PacedSender& operator=(const PacedSender&) = delete;

    /// Makes the requests that bring the compositor up to date. Returns whether there were any.
    virtual bool send_paced() = 0;

protected:
    ~PacedSender() = default;
};

/// Holds back requests that a guest or a compositor can cause as often as it likes and for which no
/// frame callback comes: a title, a cursor, the answer to a configure. However often request() is
/// called, they are sent once a turn of the loop at most, when the compositor has answered what was
/// sent the time before, and not more often than the limits have it. So what is under way to a
/// compositor that doesn't read has a bound; what is sent is always the newest.
class RequestPacer {
public:
    struct Limits {
        uint32_t burst;      ///< so many at once
        Nanoseconds period;  ///< of each one beyond that
    };

    /// `connection` and `sender` are lent and must outlive this.
    RequestPacer(Connection& connection, PacedSender& sender, Limits limits);
    RequestPacer(const RequestPacer&) = delete;
    RequestPacer& operator=(const RequestPacer&) = delete;

    /// PacedSender::send_paced() comes, not from inside this call. Does nothing while it is due.
    void request();
    /// It doesn't come.
    void cancel();

private:
    static const wl_callback_listener kListener;

    void answered();
    void send_if_allowed();
    [[nodiscard]] bool take_token();

    Connection& connection_;
    PacedSender& sender_;
    const Limits limits_;
    bool wanted_ = false;
    uint32_t tokens_;
    /// Up to when tokens have been counted.
    TimePoint counted_;
    Timer later_;
    DeferredCall turn_end_;
    /// The compositor has not answered what was sent last.
    Proxy<wl_callback> answer_;
};

}  // namespace oriel::wayland
