// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "cursor/cursor.h"
#include "protocol/core.h"
#include "seat/grab.h"
#include "seat/input_context.h"
#include "seat/wheel.h"

namespace oriel::wayland {

class PointerListener {
public:
    PointerListener() = default;
    PointerListener(const PointerListener&) = delete;
    PointerListener& operator=(const PointerListener&) = delete;

    /// A button or the wheel was used; the serial of an event that has one.
    virtual void pointer_used(std::optional<uint32_t> serial) = 0;

protected:
    ~PointerListener() = default;
};

/// A wl_pointer: in one of our windows its places, buttons and wheel are the guest's, and it looks
/// like that guest's cursor.
///
/// Beside the picture the guest's pointer stays at the picture's edge, presses and wheel are
/// nobody's, and the cursor is the desktop's. A drag that began on the picture goes on everywhere.
class Pointer {
public:
    /// All is lent and must outlive this.
    Pointer(InputContext& context, Proxy<wl_pointer> proxy, Grab& grab, PointerListener& listener);
    Pointer(const Pointer&) = delete;
    Pointer& operator=(const Pointer&) = delete;
    ~Pointer();

    [[nodiscard]] wl_pointer* proxy() const { return proxy_.get(); }
    /// The window that it is in; false if it is in none.
    [[nodiscard]] bool window(WindowView& view) const;
    /// There is no window any more: as if the pointer had left it.
    void window_gone(const wl_surface* surface) {
        if (inside_ == surface) {
            leave();
        }
    }
    /// Looks up again what the cursor is to be.
    void refresh_cursor();

private:
    static const wl_pointer_listener kListener;

    void enter(uint32_t serial, wl_surface* surface, wl_fixed_t x, wl_fixed_t y);
    void leave();
    void motion(wl_fixed_t x, wl_fixed_t y);
    /// Tells where the pointer has gone since this was called last: at the end of a frame, and
    /// before anything that happens there.
    void move();
    void button(uint32_t serial, uint32_t code, bool pressed);
    void press(uint32_t serial, uint32_t code);
    void release(uint32_t code);
    void frame();
    void turn_wheel();
    /// Before version 5 events come one by one.
    void frame_unless_grouped();
    void release_all();

    void point_at(const WindowView& view, const PicturePoint& point);
    /// Where the pointer is on a window's picture.
    [[nodiscard]] PicturePoint place(const WindowView& view) const;
    /// What is done there is the guest's. `point`: place().
    [[nodiscard]] bool on_picture(const WindowView& view, const PicturePoint& point) const;
    [[nodiscard]] bool on_picture(const WindowView& view) const {
        return on_picture(view, place(view));
    }
    void show_cursor(WindowView& view);

    InputContext& context_;
    Grab& grab_;
    PointerListener& listener_;
    /// Where the pointer is; null outside. Only compared and passed on.
    wl_surface* inside_ = nullptr;
    double x_ = 0;  ///< logical px in inside_
    double y_ = 0;
    /// How far it has gone since move(), and whether it has.
    double dx_ = 0;
    double dy_ = 0;
    bool moved_ = false;
    /// The cursor is that of the picture.
    bool cursor_on_picture_ = false;
    /// Down in the guest by this pointer, and down without it.
    std::set<uint32_t> down_;
    std::set<uint32_t> swallowed_;
    WheelCounter wheel_;
    /// wheel_ has heard something since the last frame.
    bool wheel_due_ = false;
    bool frame_due_ = false;
    Proxy<wl_pointer> proxy_;
    Cursor cursor_;
};

}  // namespace oriel::wayland
