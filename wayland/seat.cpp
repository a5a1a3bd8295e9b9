// SPDX-License-Identifier: MIT
#include "seat.h"

#include <utility>

#include "core/log.h"

namespace oriel::wayland {

const wl_seat_listener Seat::kListener{
    .capabilities = [](void* data, wl_seat*,
                       uint32_t bits) { static_cast<Seat*>(data)->capabilities(bits); },
    .name = [](void*, wl_seat*, const char* name) { log_debug("wayland", "seat {}", name); },
};

Seat::Seat(const Globals& globals, uint32_t global, Proxy<wl_seat> proxy, CursorLookup lookup)
    : globals_{globals}, global_{global}, lookup_{std::move(lookup)}, proxy_{std::move(proxy)} {
    wl_seat_add_listener(proxy_.get(), &kListener, this);
}

void Seat::capabilities(uint32_t bits) {
    const bool has_pointer = (bits & WL_SEAT_CAPABILITY_POINTER) != 0;
    if (has_pointer && !pointer_) {
        pointer_ = std::make_unique<Pointer>(
            globals_, Proxy<wl_pointer>{wl_seat_get_pointer(proxy_.get())}, lookup_);
    } else if (!has_pointer) {
        pointer_.reset();
    }
}

void Seats::start(const Globals& globals, CursorLookup lookup) {
    globals_ = &globals;
    lookup_ = std::move(lookup);
    for (Early& early : std::exchange(early_, {})) {
        add(early.global, std::move(early.proxy));
    }
}

void Seats::add(uint32_t global, Proxy<wl_seat> proxy) {
    if (globals_ == nullptr) {
        early_.push_back({global, std::move(proxy)});
        return;
    }
    seats_.push_back(std::make_unique<Seat>(*globals_, global, std::move(proxy), lookup_));
}

void Seats::remove(uint32_t global) {
    std::erase_if(early_, [global](const Early& early) { return early.global == global; });
    std::erase_if(seats_, [global](const auto& seat) { return seat->global() == global; });
}

void Seats::refresh_cursors() {
    for (const auto& seat : seats_) {
        if (seat->pointer() != nullptr) {
            seat->pointer()->refresh_cursor();
        }
    }
}

}  // namespace oriel::wayland
