// SPDX-License-Identifier: MIT
#include "seat/keyboard.h"

#include <utility>

#include "core/unique_fd.h"

namespace oriel::wayland {

const wl_keyboard_listener Keyboard::kListener{
    // The descriptor is ours, whatever is in it.
    .keymap = [](void*, wl_keyboard*, uint32_t, int32_t fd,
                 uint32_t) { const UniqueFd unused{fd}; },
    .enter = [](void* data, wl_keyboard*, uint32_t serial, wl_surface* surface,
                wl_array*) { static_cast<Keyboard*>(data)->enter(serial, surface); },
    .leave = [](void* data, wl_keyboard*, uint32_t,
                wl_surface*) { static_cast<Keyboard*>(data)->leave(); },
    .key =
        [](void* data, wl_keyboard*, uint32_t serial, uint32_t, uint32_t code, uint32_t state) {
            // Version 10 has a third state, for repeats.
            if (state == WL_KEYBOARD_KEY_STATE_PRESSED || state == WL_KEYBOARD_KEY_STATE_RELEASED) {
                static_cast<Keyboard*>(data)->key(serial, code,
                                                  state == WL_KEYBOARD_KEY_STATE_PRESSED);
            }
        },
    .modifiers = [](void*, wl_keyboard*, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) {},
    .repeat_info = [](void*, wl_keyboard*, int32_t, int32_t) {},
};

Keyboard::Keyboard(InputContext& context, Proxy<wl_keyboard> proxy, KeyboardListener& listener)
    : context_{context}, listener_{listener}, proxy_{std::move(proxy)} {
    wl_keyboard_add_listener(proxy_.get(), &kListener, this);
}

Keyboard::~Keyboard() {
    leave();
}

void Keyboard::enter(uint32_t serial, wl_surface* surface) {
    leave();
    WindowView view;
    // Null: a surface that we have destroyed while the event was under way.
    if (surface != nullptr && context_.windows.look(surface, view)) {
        focus_ = surface;
        listener_.keyboard_used(serial);
        listener_.focused(surface);
    }
}

void Keyboard::leave() {
    chords_.reset();
    wl_surface* const before = std::exchange(focus_, nullptr);
    if (before == nullptr) {
        return;
    }
    const auto released = context_.keys.release_all(std::exchange(down_, {}));
    if (context_.keys.empty()) {
        context_.sink.release_keys();
    } else {
        for (const uint32_t code : released) {
            context_.sink.key(code, false);
        }
    }
    context_.sink.frame();
    listener_.blurred(before);
}

void Keyboard::key(uint32_t serial, uint32_t code, bool pressed) {
    if (focus_ == nullptr || !is_key(code)) {
        return;
    }
    listener_.keyboard_used(serial);
    const Chords::Result result = chords_.key(code, pressed);
    if (result.for_guest) {
        forward(code, pressed);
    }
    if (result.chord != Chord::kNone) {
        listener_.chord(result.chord);
    }
}

void Keyboard::forward(uint32_t code, bool pressed) {
    if (pressed) {
        if (!down_.insert(code).second || !context_.keys.press(code)) {
            return;
        }
    } else if (down_.erase(code) == 0 || !context_.keys.release(code)) {
        return;
    }
    context_.sink.key(code, pressed);
    context_.sink.frame();
}

}  // namespace oriel::wayland
