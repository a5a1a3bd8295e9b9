// SPDX-License-Identifier: MIT
#include "seat/pointer.h"

#include <utility>

namespace oriel::wayland {

const wl_pointer_listener Pointer::kListener{
    .enter = [](void* data, wl_pointer*, uint32_t serial, wl_surface* surface, wl_fixed_t x,
                wl_fixed_t y) { static_cast<Pointer*>(data)->enter(serial, surface, x, y); },
    .leave = [](void* data, wl_pointer*, uint32_t,
                wl_surface*) { static_cast<Pointer*>(data)->leave(); },
    .motion = [](void* data, wl_pointer*, uint32_t, wl_fixed_t x,
                 wl_fixed_t y) { static_cast<Pointer*>(data)->motion(x, y); },
    .button =
        [](void* data, wl_pointer*, uint32_t serial, uint32_t, uint32_t code, uint32_t state) {
            static_cast<Pointer*>(data)->button(serial, code,
                                                state == WL_POINTER_BUTTON_STATE_PRESSED);
        },
    .axis =
        [](void* data, wl_pointer*, uint32_t, uint32_t axis, wl_fixed_t distance) {
            auto& self = *static_cast<Pointer*>(data);
            self.wheel_.scrolled(axis, wl_fixed_to_double(distance));
            self.wheel_due_ = true;
            self.frame_unless_grouped();
        },
    .frame = [](void* data, wl_pointer*) { static_cast<Pointer*>(data)->frame(); },
    .axis_source = [](void*, wl_pointer*, uint32_t) {},
    .axis_stop = [](void* data, wl_pointer*, uint32_t,
                    uint32_t axis) { static_cast<Pointer*>(data)->wheel_.stopped(axis); },
    .axis_discrete =
        [](void* data, wl_pointer*, uint32_t axis, int32_t notches) {
            auto& self = *static_cast<Pointer*>(data);
            self.wheel_.notches(axis, notches);
            self.wheel_due_ = true;
        },
#ifdef WL_POINTER_AXIS_VALUE120_SINCE_VERSION
    .axis_value120 =
        [](void* data, wl_pointer*, uint32_t axis, int32_t value) {
            auto& self = *static_cast<Pointer*>(data);
            self.wheel_.parts(axis, value);
            self.wheel_due_ = true;
        },
#endif
#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
    .axis_relative_direction = [](void*, wl_pointer*, uint32_t, uint32_t) {},
#endif
};

Pointer::Pointer(InputContext& context, Proxy<wl_pointer> proxy, Grab& grab,
                 PointerListener& listener)
    : context_{context},
      grab_{grab},
      listener_{listener},
      proxy_{std::move(proxy)},
      cursor_{context.globals, context.arrow_theme, proxy_.get()} {
    wl_pointer_add_listener(proxy_.get(), &kListener, this);
}

Pointer::~Pointer() {
    release_all();
}

bool Pointer::window(WindowView& view) const {
    return inside_ != nullptr && context_.windows.look(inside_, view);
}

PicturePoint Pointer::place(const WindowView& view) const {
    return to_picture(x_, y_, view.shown, view.picture, view.scale);
}

bool Pointer::on_picture(const WindowView& view, const PicturePoint& point) const {
    return !view.dark && (point.inside || !down_.empty() || grab_.locked());
}

// --- where ---------------------------------------------------------------------------------------

void Pointer::enter(uint32_t serial, wl_surface* surface, wl_fixed_t x, wl_fixed_t y) {
    // Null: a surface that we have destroyed while the event was under way.
    inside_ = surface;
    x_ = wl_fixed_to_double(x);
    y_ = wl_fixed_to_double(y);
    cursor_.entered(serial);
    refresh_cursor();
    WindowView view;
    if (window(view) && context_.sink.takes_positions()) {
        point_at(view, place(view));
    }
    frame_unless_grouped();
}

void Pointer::leave() {
    move();
    inside_ = nullptr;
    cursor_.left();
    release_all();
}

void Pointer::motion(wl_fixed_t x, wl_fixed_t y) {
    const double dx = wl_fixed_to_double(x) - x_;
    const double dy = wl_fixed_to_double(y) - y_;
    x_ += dx;
    y_ += dy;
    dx_ += dx;
    dy_ += dy;
    moved_ = true;
    frame_unless_grouped();
}

void Pointer::move() {
    if (!std::exchange(moved_, false)) {
        return;
    }
    const double dx = std::exchange(dx_, 0);
    const double dy = std::exchange(dy_, 0);
    WindowView view;
    if (!window(view)) {
        return;
    }
    const PicturePoint point = place(view);
    if (context_.sink.takes_positions()) {
        point_at(view, point);
    } else if (!grab_.should_lock()) {
        // It can't be locked, so this is all that there is.
        context_.sink.pointer_moved(dx, dy);
        frame_due_ = true;
    }
    if (on_picture(view, point) != cursor_on_picture_) {
        show_cursor(view);
    }
}

void Pointer::point_at(const WindowView& view, const PicturePoint& point) {
    if (!view.dark && !grab_.locked()) {
        context_.sink.pointer_at({view.scanout, point.x, point.y});
        frame_due_ = true;
    }
}

void Pointer::refresh_cursor() {
    WindowView view;
    if (window(view)) {
        show_cursor(view);
    }
}

void Pointer::show_cursor(WindowView& view) {
    cursor_on_picture_ = on_picture(view);
    if (!cursor_on_picture_) {
        cursor_.show_arrow();
    } else if (grab_.locked()) {
        // The guest's pointer is elsewhere, at a place that ours doesn't follow.
        cursor_.hide();
    } else {
        cursor_.show(std::move(view.cursor), view.picture, view.shown.size(), view.scale);
    }
}

// --- buttons and wheel ---------------------------------------------------------------------------

void Pointer::button(uint32_t serial, uint32_t code, bool pressed) {
    move();
    if (pressed) {
        press(serial, code);
    } else {
        release(code);
    }
    frame_unless_grouped();
}

void Pointer::press(uint32_t serial, uint32_t code) {
    WindowView view;
    if (!window(view) || !is_key(code)) {
        return;
    }
    listener_.pointer_used(serial);
    const bool only_locks = grab_.clicked(view, proxy_.get());
    if (only_locks || !on_picture(view)) {
        swallowed_.insert(code);
        return;
    }
    if (down_.insert(code).second && context_.buttons.press(code)) {
        context_.sink.button(code, true);
        frame_due_ = true;
    }
}

void Pointer::release(uint32_t code) {
    if (swallowed_.erase(code) != 0 || down_.erase(code) == 0) {
        return;
    }
    if (context_.buttons.release(code)) {
        context_.sink.button(code, false);
        frame_due_ = true;
    }
    if (down_.empty()) {
        refresh_cursor();  // the drag may have ended beside the picture
    }
}

void Pointer::release_all() {
    swallowed_.clear();
    static_cast<void>(std::exchange(wheel_, {}));
    if (down_.empty()) {
        frame();
        return;
    }
    const auto released = context_.buttons.release_all(std::exchange(down_, {}));
    if (context_.buttons.empty()) {
        context_.sink.release_buttons();
    } else {
        for (const uint32_t code : released) {
            context_.sink.button(code, false);
        }
    }
    frame_due_ = true;
    frame();
}

void Pointer::frame_unless_grouped() {
    if (wl_pointer_get_version(proxy_.get()) < WL_POINTER_FRAME_SINCE_VERSION) {
        frame();
    }
}

void Pointer::frame() {
    move();
    if (std::exchange(wheel_due_, false)) {
        turn_wheel();
    }
    if (std::exchange(frame_due_, false)) {
        context_.sink.frame();
    }
}

void Pointer::turn_wheel() {
    const WheelTurn turn = wheel_.take();
    WindowView view;
    if ((turn.vertical != 0 || turn.horizontal != 0) && window(view)) {
        listener_.pointer_used(std::nullopt);
        if (on_picture(view)) {
            context_.sink.wheel(turn);
            frame_due_ = true;
        }
    }
}

}  // namespace oriel::wayland
