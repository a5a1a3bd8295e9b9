// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/globals.h"
#include "core/event_loop.h"

namespace oriel::wayland {

/// zwp_idle_inhibitor_v1: keeps the screen from going blank while a fullscreen picture moves, as a
/// film does. A blinking cursor and a clock don't count.
class IdleInhibit {
public:
    /// All is lent and must outlive this. `wanted`: the user asked for it.
    IdleInhibit(EventLoop& loop, const Globals& globals, wl_surface* surface, bool wanted);
    IdleInhibit(const IdleInhibit&) = delete;
    IdleInhibit& operator=(const IdleInhibit&) = delete;

    void set_fullscreen(bool fullscreen);
    /// Another picture is on its way to the screen.
    void picture_committed();

private:
    [[nodiscard]] bool wanted() const { return wanted_ && fullscreen_; }
    void look();
    void set(bool inhibited);

    const Globals& globals_;
    wl_surface* surface_;
    bool wanted_;
    bool fullscreen_ = false;
    /// Pictures since the timer was armed.
    uint32_t pictures_ = 0;
    Timer timer_;
    Proxy<zwp_idle_inhibitor_v1> inhibitor_;
};

}  // namespace oriel::wayland
