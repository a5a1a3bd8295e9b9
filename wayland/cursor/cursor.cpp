// SPDX-License-Identifier: MIT
#include "cursor/cursor.h"

#include <utility>

namespace oriel::wayland {

Cursor::Cursor(const Globals& globals, ArrowTheme& theme, wl_pointer* pointer)
    : pointer_{pointer},
      surface_{globals, *this},
      arrow_{globals, theme, pointer},
      pacer_{globals.connection(), *this, kCursorLimits} {}

void Cursor::entered(uint32_t serial) {
    serial_ = serial;
    shown_ = Look::kUnset;
    surface_.forget();
}

void Cursor::left() {
    wanted_ = shown_ = Look::kUnset;
    image_.reset();
    pacer_.cancel();
}

void Cursor::hide() {
    want(Look::kHidden);
}

void Cursor::show_arrow() {
    want(Look::kArrow);
}

void Cursor::show(std::shared_ptr<const CursorImage> image, Size picture, Size shown, Scale scale) {
    if (!image || image->size.empty()) {
        hide();
        return;
    }
    scale_ = scale;
    placed_ = place_cursor(image->size, image->hotspot, picture, shown, scale);
    image_ = std::move(image);
    want(Look::kGuest);
}

void Cursor::want(Look look) {
    wanted_ = look;
    if (!up_to_date()) {
        pacer_.request();
    }
}

bool Cursor::up_to_date() const {
    return wanted_ == shown_ &&
           (wanted_ != Look::kGuest ||
            (image_ == shown_image_ && placed_ == shown_placed_ && scale_ == shown_scale_));
}

void Cursor::cursor_buffer_free() {
    if (!up_to_date()) {
        pacer_.request();
    }
}

bool Cursor::send_paced() {
    if (up_to_date()) {
        return false;
    }
    switch (wanted_) {
        case Look::kUnset:
            return false;
        case Look::kHidden:
            wl_pointer_set_cursor(pointer_, serial_, nullptr, 0, 0);
            surface_.forget();
            break;
        case Look::kArrow:
            arrow_.show(serial_);
            surface_.forget();
            break;
        case Look::kGuest:
            if (!show_guest()) {
                return false;  // cursor_buffer_free() comes
            }
            break;
    }
    shown_ = wanted_;
    return true;
}

bool Cursor::show_guest() {
    if (!surface_.show(image_, placed_, scale_)) {
        return false;
    }
    shown_scale_ = scale_;
    wl_pointer_set_cursor(pointer_, serial_, surface_.proxy(), placed_.hotspot.x,
                          placed_.hotspot.y);
    shown_image_ = image_;
    shown_placed_ = placed_;
    return true;
}

}  // namespace oriel::wayland
