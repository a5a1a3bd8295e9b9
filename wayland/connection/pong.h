// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/request_pacer.h"
#include "protocol/xdg_shell.h"

namespace oriel::wayland {

/// Answers xdg_wm_base.ping: without an answer the compositor takes the program to be hung. However
/// many come, the newest is answered, which says that the program lives; so pings without end are
/// few requests.
class Pong final : private PacedSender {
public:
    /// Both are lent and must outlive this. From now on, `wm_base` has its listener.
    Pong(Connection& connection, xdg_wm_base* wm_base);
    Pong(const Pong&) = delete;
    Pong& operator=(const Pong&) = delete;

private:
    static const xdg_wm_base_listener kListener;

    void pinged(uint32_t serial);
    bool send_paced() override;

    xdg_wm_base* wm_base_;
    uint32_t serial_ = 0;
    RequestPacer pacer_;
};

}  // namespace oriel::wayland
