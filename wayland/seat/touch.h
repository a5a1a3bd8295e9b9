// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>

#include "protocol/core.h"
#include "seat/input_context.h"

namespace oriel::wayland {

class TouchListener {
public:
    TouchListener() = default;
    TouchListener(const TouchListener&) = delete;
    TouchListener& operator=(const TouchListener&) = delete;

    /// A finger came down in a window.
    virtual void touched(const WindowView& view, uint32_t serial) = 0;

protected:
    ~TouchListener() = default;
};

/// A wl_touch: fingers on a picture are the guest's. One that comes down beside it is nobody's; one
/// that leaves the picture stays at its edge.
class Touch {
public:
    /// `context` and `listener` are lent and must outlive this.
    Touch(InputContext& context, Proxy<wl_touch> proxy, TouchListener& listener);
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

    static constexpr size_t kMost = 64;
    struct Finger {
        int32_t contact;
        wl_surface* surface;  ///< only compared
    };

    InputContext& context_;
    TouchListener& listener_;
    /// At most kMost; more hands than there are before a screen.
    std::map<int32_t, Finger> fingers_;
    bool frame_due_ = false;
    Proxy<wl_touch> proxy_;
};

}  // namespace oriel::wayland
