// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "connection/proxies.h"
#include "seat/chords.h"
#include "seat/input_context.h"

namespace oriel::wayland {

/// A wl_keyboard: its keys are the guest's while one of our windows has its focus.
///
/// Keys are passed on by their place (evdev code): the guest has a keymap of its own, so the
/// compositor's is never read, and its repeat is the guest's own matter too. A key that is down
/// when the focus comes was pressed for somebody else, and stays up in the guest.
class Keyboard {
public:
    struct Events {
        /// The user does something with the window (the serial of an event that says so).
        std::function<void(uint32_t serial)> used;
        std::function<void(wl_surface* surface)> focused;
        /// The window has lost the focus, or the keyboard has gone. What was down in the guest is
        /// released already.
        std::function<void(wl_surface* surface)> blurred;
        std::function<void(Chord chord)> chord;
    };

    /// `context` is lent and must outlive this.
    Keyboard(InputContext& context, Proxy<wl_keyboard> proxy, Events events);
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;
    ~Keyboard();

    /// Where the keys go; null while none of our windows has the focus.
    [[nodiscard]] wl_surface* focus() const { return focus_; }
    /// There is no window any more: as if it had lost the focus.
    void window_gone(const wl_surface* surface) {
        if (focus_ == surface) {
            leave();
        }
    }
    /// The same user does something with another device.
    void other_input() { chords_.other_input(); }

private:
    static const wl_keyboard_listener kListener;

    void enter(uint32_t serial, wl_surface* surface);
    void leave();
    void key(uint32_t serial, uint32_t code, bool pressed);
    void forward(uint32_t code, bool pressed);

    InputContext& context_;
    Events events_;
    Chords chords_;
    /// Only compared and passed on.
    wl_surface* focus_ = nullptr;
    /// What is down in the guest by this keyboard.
    std::set<uint32_t> down_;
    Proxy<wl_keyboard> proxy_;
};

}  // namespace oriel::wayland
