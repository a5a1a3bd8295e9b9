// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "seat/input_context.h"
#include "seat/pointer_constraint.h"
#include "seat/relative_pointer.h"
#include "seat/shortcuts_inhibit.h"

namespace oriel::wayland {

/// What one seat takes from the user's desktop for a VM: the compositor's keyboard shortcuts, and
/// the pointer. Decides when; Ctrl+Alt, or the loss of the keyboard's focus, gives both back.
class Grab {
public:
    /// All is lent and must outlive this. `locked_changed` is called when locked() has changed.
    Grab(InputContext& context, wl_seat* seat, std::function<void()> locked_changed);
    Grab(const Grab&) = delete;
    Grab& operator=(const Grab&) = delete;
    ~Grab();

    void focused(const WindowView& window);
    void blurred(const wl_surface* surface);
    /// A button or a finger came down in a window; `pointer` is null for a finger. Whether that
    /// only begins a lock, and is not for the guest.
    bool clicked(const WindowView& window, wl_pointer* pointer);
    /// Locks the pointer to the window it is in, or ends a lock.
    void toggle_pointer(const WindowView& window, wl_pointer* pointer);
    /// Gives everything back.
    void release();
    void pointer_gone();
    /// The guest has its cursor there, logical px in a surface that is committed next: a lock of
    /// that one gives the pointer back there.
    void cursor_at(const wl_surface* surface, Point at);

    /// The pointer does not move: only RelativePointer tells what the user does.
    [[nodiscard]] bool locked() const;
    /// The guest's pointer follows movements, not places, and the compositor can lock ours.
    [[nodiscard]] bool should_lock() const;

private:
    enum class LockedFor : bool {
        kGuest,  ///< ends when the guest takes positions
        kUser,
    };

    void inhibit_shortcuts(const WindowView& window);
    void constrain(const WindowView& window, wl_pointer* pointer, PointerConstraint::Kind kind);
    void lock(const WindowView& window, wl_pointer* pointer, LockedFor whom);
    void end_constraint();
    void moved(double dx, double dy);
    void report(ScanoutId scanout) const;
    [[nodiscard]] bool has_lock() const;
    [[nodiscard]] bool can_lock() const;

    InputContext& context_;
    wl_seat* seat_;
    std::function<void()> locked_changed_;
    LockedFor locked_for_ = LockedFor::kGuest;
    /// The windows of inhibitor_ and constraint_.
    ScanoutId keyboard_window_ = 0;
    ScanoutId pointer_window_ = 0;
    std::unique_ptr<ShortcutsInhibitor> inhibitor_;
    std::unique_ptr<PointerConstraint> constraint_;
    /// Of the seat's pointer, from its first lock on.
    std::unique_ptr<RelativePointer> relative_;
};

}  // namespace oriel::wayland
