// SPDX-License-Identifier: MIT
#include "cursor/cursor.h"

#include <utility>

namespace oriel::wayland {

Cursor::Cursor(const Globals& globals, wl_pointer* pointer)
    : pointer_{pointer}, surface_{globals, [this] { show_guest(); }}, arrow_{globals, pointer} {}

void Cursor::entered(uint32_t serial) {
    serial_ = serial;
    look_ = Look::kUnset;
    surface_.forget();
}

void Cursor::left() {
    look_ = Look::kUnset;
    image_.reset();
}

void Cursor::hide() {
    if (std::exchange(look_, Look::kHidden) != Look::kHidden) {
        wl_pointer_set_cursor(pointer_, serial_, nullptr, 0, 0);
        surface_.forget();
    }
}

void Cursor::show_arrow(Scale scale) {
    if (std::exchange(look_, Look::kArrow) != Look::kArrow) {
        arrow_.show(serial_, scale);
        surface_.forget();
    }
}

void Cursor::show(std::shared_ptr<const CursorImage> image, Size picture, Size shown, Scale scale) {
    if (!image || image->size.empty()) {
        hide();
        return;
    }
    if (!surface_.can_scale()) {
        shown = picture;  // nothing is scaled
    }
    placed_ = place_cursor(image->size, image->hotspot, picture, shown, scale);
    image_ = std::move(image);
    look_ = Look::kGuest;
    show_guest();
}

void Cursor::show_guest() {
    // Later, when a buffer is free, something else may be shown.
    if (look_ == Look::kGuest && surface_.show(image_, placed_)) {
        wl_pointer_set_cursor(pointer_, serial_, surface_.proxy(), placed_.hotspot.x,
                              placed_.hotspot.y);
    }
}

}  // namespace oriel::wayland
