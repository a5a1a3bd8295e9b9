// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>

#include "protocol/core.h"
#include "seat/chords.h"
#include "seat/input_context.h"

namespace oriel::wayland {

class KeyboardListener {
public:
    KeyboardListener() = default;
    KeyboardListener(const KeyboardListener&) = delete;
    KeyboardListener& operator=(const KeyboardListener&) = delete;

    /// The user does something with the window (the serial of an event that says so).
    virtual void keyboard_used(uint32_t serial) = 0;
    virtual void focused(wl_surface* surface) = 0;
    /// The window has lost the focus, or the keyboard has gone. What was down in the guest is
    /// released already.
    virtual void blurred(wl_surface* surface) = 0;
    virtual void chord(Chord chord) = 0;

protected:
    ~KeyboardListener() = default;
};

/// A wl_keyboard: its keys are the guest's while one of our windows has its focus.
///
/// Keys are passed on by their place (evdev code): the guest has a keymap of its own, so the
/// compositor's is never read, and its repeat is the guest's own matter too. A key that is down
/// when the focus comes was pressed for somebody else, and stays up in the guest.
class Keyboard {
public:
    /// `context` and `listener` are lent and must outlive this.
    Keyboard(InputContext& context, Proxy<wl_keyboard> proxy, KeyboardListener& listener);
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
    KeyboardListener& listener_;
    Chords chords_;
    /// Only compared and passed on.
    wl_surface* focus_ = nullptr;
    /// What is down in the guest by this keyboard.
    std::set<uint32_t> down_;
    Proxy<wl_keyboard> proxy_;
};

}  // namespace oriel::wayland
