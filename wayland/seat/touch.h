// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "connection/proxies.h"
#include "seat/input_context.h"

namespace oriel::wayland {

/// A wl_touch: fingers on a picture are the guest's. One that comes down beside it is nobody's; one
/// that leaves the picture stays at its edge.
class Touch {
public:
    using Touched = std::function<void(const WindowView& view, uint32_t serial)>;
    /// `context` is lent and must outlive this. `touched` is called when a finger comes down in a
    /// window.
    Touch(InputContext& context, Proxy<wl_touch> proxy, Touched touched);
    Touch(const Touch&) = delete;
    Touch& operator=(const Touch&) = delete;
    ~Touch();

    /// There is no window any more: its fingers have meant nothing.
    void window_gone(const wl_surface* surface) { cancel(surface); }

private:
    static const wl_touch_listener kListener;

    void down(uint32_t serial, wl_surface* surface, int32_t id, wl_fixed_t x, wl_fixed_t y);
    void up(int32_t id);
    void motion(int32_t id, wl_fixed_t x, wl_fixed_t y);
    void frame();
    /// The fingers on that surface; null: all.
    void cancel(const wl_surface* surface = nullptr);
    void send(int32_t contact, ScanoutId scanout, const PicturePoint& point);

    struct Finger {
        int32_t contact;
        wl_surface* surface;  ///< only compared
    };

    InputContext& context_;
    Touched touched_;
    std::map<int32_t, Finger> fingers_;
    bool frame_due_ = false;
    Proxy<wl_touch> proxy_;
};

}  // namespace oriel::wayland
