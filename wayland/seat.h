// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "globals.h"
#include "pointer.h"
#include "proxies.h"

namespace oriel::wayland {

/// A wl_seat that may have a pointer, or get and lose one.
class Seat {
public:
    /// `globals` is lent and must outlive this.
    Seat(const Globals& globals, uint32_t global, Proxy<wl_seat> proxy, CursorLookup lookup);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    [[nodiscard]] uint32_t global() const { return global_; }
    /// Null while it has none.
    [[nodiscard]] Pointer* pointer() const { return pointer_.get(); }

private:
    static const wl_seat_listener kListener;
    void capabilities(uint32_t bits);

    const Globals& globals_;
    uint32_t global_;
    CursorLookup lookup_;
    Proxy<wl_seat> proxy_;
    std::unique_ptr<Pointer> pointer_;
};

/// All seats; they come and go.
class Seats {
public:
    /// Seats that are there before the globals are complete wait in add() until start().
    void add(uint32_t global, Proxy<wl_seat> proxy);
    void remove(uint32_t global);
    /// `globals` is lent and must outlive this.
    void start(const Globals& globals, CursorLookup lookup);

    /// The cursor of a window, or its size on screen, has changed.
    void refresh_cursors();
    [[nodiscard]] size_t count() const { return seats_.size(); }

private:
    struct Early {
        uint32_t global;
        Proxy<wl_seat> proxy;
    };

    const Globals* globals_ = nullptr;
    CursorLookup lookup_;
    std::vector<Early> early_;
    std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace oriel::wayland
