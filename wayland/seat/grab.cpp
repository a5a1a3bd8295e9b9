// SPDX-License-Identifier: MIT
#include "seat/grab.h"

namespace oriel::wayland {

Grab::Grab(InputContext& context, wl_seat* seat, GrabListener& listener)
    : context_{context}, seat_{seat}, listener_{listener} {}

// --- when ----------------------------------------------------------------------------------------

void Grab::focused(const WindowView& window) {
    if (context_.grab == GrabChoice::kFocus) {
        inhibit_shortcuts(window);
    }
}

void Grab::blurred(const wl_surface* surface) {
    // Not what belongs to another window: a click there may be ahead of the keyboard's focus.
    if (inhibitor_ && inhibitor_->surface() == surface) {
        inhibitor_.reset();
        report(keyboard_window_);
    }
    if (constraint_ && constraint_->surface() == surface) {
        end_constraint();
    }
}

bool Grab::clicked(const WindowView& window, wl_pointer* pointer) {
    if (context_.grab != GrabChoice::kNever) {
        inhibit_shortcuts(window);
    }
    if (pointer == nullptr || window.dark) {
        return false;
    }
    if (should_lock() && !has_lock()) {
        lock(window, pointer, LockedFor::kGuest);
        return true;
    }
    if (context_.confine && context_.takes_input && !constraint_ &&
        context_.globals.get<zwp_pointer_constraints_v1>() != nullptr) {
        constrain(window, pointer, PointerConstraint::Kind::kConfine);
    }
    return false;
}

void Grab::toggle_pointer(const WindowView& window, wl_pointer* pointer) {
    if (has_lock()) {
        end_constraint();
    } else if (pointer != nullptr && context_.takes_input && can_lock()) {
        lock(window, pointer, LockedFor::kUser);
    }
}

void Grab::release() {
    if (inhibitor_) {
        inhibitor_.reset();
        report(keyboard_window_);
    }
    end_constraint();
}

void Grab::pointer_gone() {
    end_constraint();
    relative_.reset();
}

void Grab::cursor_at(const wl_surface* surface, Point at) {
    if (constraint_ && constraint_->surface() == surface) {
        constraint_->hint(at);
    }
}

// --- what ----------------------------------------------------------------------------------------

bool Grab::has_lock() const {
    return constraint_ && constraint_->kind() == PointerConstraint::Kind::kLock;
}

bool Grab::locked() const {
    return has_lock() && constraint_->active();
}

bool Grab::can_lock() const {
    return context_.globals.get<zwp_pointer_constraints_v1>() != nullptr &&
           context_.globals.get<zwp_relative_pointer_manager_v1>() != nullptr;
}

bool Grab::should_lock() const {
    return context_.takes_input && can_lock() && !context_.sink.takes_positions();
}

void Grab::inhibit_shortcuts(const WindowView& window) {
    if (!context_.takes_input ||
        context_.globals.get<zwp_keyboard_shortcuts_inhibit_manager_v1>() == nullptr ||
        (inhibitor_ && inhibitor_->surface() == window.surface)) {
        return;
    }
    if (inhibitor_) {
        inhibitor_.reset();
        report(keyboard_window_);
    }
    keyboard_window_ = window.scanout;
    inhibitor_ =
        std::make_unique<ShortcutsInhibitor>(context_.globals, window.surface, seat_, *this);
}

void Grab::lock(const WindowView& window, wl_pointer* pointer, LockedFor whom) {
    end_constraint();
    locked_for_ = whom;
    if (!relative_) {
        relative_ = std::make_unique<RelativePointer>(context_.globals, pointer, *this);
    }
    constrain(window, pointer, PointerConstraint::Kind::kLock);
}

void Grab::constrain(const WindowView& window, wl_pointer* pointer, PointerConstraint::Kind kind) {
    pointer_window_ = window.scanout;
    constraint_ =
        std::make_unique<PointerConstraint>(context_.globals, window.surface, pointer, kind, *this);
}

void Grab::constraint_begun() {
    report(pointer_window_);
    listener_.lock_changed();
}

void Grab::end_constraint() {
    if (!constraint_) {
        return;
    }
    constraint_.reset();
    report(pointer_window_);
    listener_.lock_changed();
}

void Grab::moved(double dx, double dy) {
    if (!locked()) {
        return;  // wl_pointer.motion tells it
    }
    if (locked_for_ == LockedFor::kGuest && context_.sink.takes_positions()) {
        end_constraint();
        return;
    }
    context_.sink.pointer_moved(dx, dy);
    context_.sink.frame();
}

void Grab::report(ScanoutId scanout) const {
    context_.windows.grab_changed(
        scanout, {.keyboard = inhibitor_ && inhibitor_->active() && keyboard_window_ == scanout,
                  .pointer = locked() && pointer_window_ == scanout});
}

}  // namespace oriel::wayland
