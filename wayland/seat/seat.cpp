// SPDX-License-Identifier: MIT
#include "seat/seat.h"

#include <cassert>
#include <utility>

#include "clipboard/desktop_clipboard.h"
#include "core/log.h"

namespace oriel::wayland {

const wl_seat_listener Seat::kListener{
    .capabilities = [](void* data, wl_seat*,
                       uint32_t bits) { static_cast<Seat*>(data)->capabilities(bits); },
    .name = [](void*, wl_seat*, const char* name) { log_debug("wayland", "seat {}", name); },
};

Seat::Seat(InputContext& context, uint32_t global, Proxy<wl_seat> proxy)
    : context_{context},
      global_{global},
      proxy_{std::move(proxy)},
      grab_{context, proxy_.get(), *this},
      clipboard_{context.clipboard != nullptr ? context.clipboard->add(proxy_.get()) : nullptr} {
    wl_seat_add_listener(proxy_.get(), &kListener, this);
}

Seat::~Seat() {
    // While there is a pointer that it is a grab of.
    grab_.release();
    grab_.pointer_gone();
}

void Seat::capabilities(uint32_t bits) {
    if ((bits & WL_SEAT_CAPABILITY_KEYBOARD) == 0) {
        keyboard_.reset();
    } else if (!keyboard_) {
        keyboard_ = std::make_unique<Keyboard>(
            context_, Proxy<wl_keyboard>{wl_seat_get_keyboard(proxy_.get())}, *this);
    }
    set_pointer((bits & WL_SEAT_CAPABILITY_POINTER) != 0);
    if ((bits & WL_SEAT_CAPABILITY_TOUCH) == 0) {
        touch_.reset();
    } else if (!touch_) {
        touch_ = std::make_unique<Touch>(context_, Proxy<wl_touch>{wl_seat_get_touch(proxy_.get())},
                                         *this);
    }
}

void Seat::set_pointer(bool there) {
    if (there && !pointer_) {
        pointer_ = std::make_unique<Pointer>(
            context_, Proxy<wl_pointer>{wl_seat_get_pointer(proxy_.get())}, grab_, *this);
    } else if (!there && pointer_) {
        // The pointer is gone from here on, for those who ask while its lock ends.
        const std::unique_ptr<Pointer> gone = std::move(pointer_);
        grab_.pointer_gone();
    }
}

void Seat::focused(wl_surface* surface) {
    set_clipboard_focus(true);
    WindowView view;
    if (context_.windows.look(surface, view)) {
        grab_.focused(view);
    }
}

void Seat::blurred(wl_surface* surface) {
    set_clipboard_focus(false);
    grab_.blurred(surface);
}

void Seat::pointer_used(std::optional<uint32_t> serial) {
    if (serial) {
        used(*serial);
    }
    if (keyboard_) {
        keyboard_->other_input();
    }
}

void Seat::touched(const WindowView& view, uint32_t serial) {
    used(serial);
    if (keyboard_) {
        keyboard_->other_input();
    }
    static_cast<void>(grab_.clicked(view, nullptr));
}

void Seat::chord(Chord chord) {
    WindowView view;
    switch (chord) {
        case Chord::kRelease:
            grab_.release();
            break;
        case Chord::kTogglePointer:
            if (pointer_ && pointer_->window(view)) {
                grab_.toggle_pointer(view, pointer_->proxy());
            }
            break;
        case Chord::kToggleFullscreen:
            if (context_.windows.look(keyboard_->focus(), view)) {
                context_.windows.toggle_fullscreen(view.scanout);
            }
            break;
        case Chord::kNone:
            break;
    }
}

void Seat::used(uint32_t serial) {
    if (clipboard_) {
        clipboard_->used(serial);
    }
}

void Seat::set_clipboard_focus(bool focused) {
    if (clipboard_) {
        clipboard_->set_focused(focused);
    }
}

void Seat::refresh_cursor() {
    if (pointer_) {
        pointer_->refresh_cursor();
    }
}

void Seat::window_gone(const wl_surface* surface) {
    if (keyboard_) {
        keyboard_->window_gone(surface);
    }
    if (pointer_) {
        pointer_->window_gone(surface);
    }
    if (touch_) {
        touch_->window_gone(surface);
    }
    grab_.blurred(surface);
}

void Seats::add(uint32_t global, Proxy<wl_seat> proxy) {
    assert(context_ != nullptr);
    if (seats_.size() < kMost) {
        seats_.push_back(std::make_unique<Seat>(*context_, global, std::move(proxy)));
    }
}

void Seats::remove(uint32_t global) {
    std::erase_if(seats_, [global](const auto& seat) { return seat->global() == global; });
}

void Seats::window_gone(const wl_surface* surface) {
    for (const auto& seat : seats_) {
        seat->window_gone(surface);
    }
}

void Seats::cursor_at(const wl_surface* surface, Point at) {
    for (const auto& seat : seats_) {
        seat->cursor_at(surface, at);
    }
}

void Seats::refresh_cursors() {
    for (const auto& seat : seats_) {
        seat->refresh_cursor();
    }
}

}  // namespace oriel::wayland
