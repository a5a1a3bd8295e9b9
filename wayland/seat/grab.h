// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "seat/input_context.h"
#include "seat/pointer_constraint.h"
#include "seat/relative_pointer.h"
#include "seat/shortcuts_inhibit.h"

namespace oriel::wayland {

class GrabListener {
public:
    GrabListener() = default;
    GrabListener(const GrabListener&) = delete;
    GrabListener& operator=(const GrabListener&) = delete;

    /// Grab::locked() has changed.
    virtual void lock_changed() = 0;

protected:
    ~GrabListener() = default;
};

/// What one seat takes from the user's desktop for a VM: the compositor's keyboard shortcuts, and
/// the pointer. Decides when; Ctrl+Alt, or the loss of the keyboard's focus, gives both back.
///
/// The keyboard (inhibitor_):
///
///     none --focused() with --grab focus, clicked() unless --grab never--> asked
///     asked --the compositor agrees--> active --the compositor takes it back--> asked
///     asked, active --blurred(), release(), another window's turn--> none
///
/// The pointer (constraint_):
///
///     none --clicked(), the guest takes movements only--> lock asked for the guest
///     none --clicked(), --confine--> confinement asked
///     none --toggle_pointer()--> lock asked for the user
///     asked --the compositor agrees--> active
///     asked, active --blurred(), release(), toggle_pointer(), pointer_gone(), the compositor ends
///     it,
///                     or, where the lock is for the guest, the guest takes positions--> none
class Grab final : public ShortcutsInhibitorListener,
                   public PointerConstraintListener,
                   public RelativePointerListener {
public:
    /// All is lent and must outlive this; release() and pointer_gone() come before the end.
    Grab(InputContext& context, wl_seat* seat, GrabListener& listener);
    Grab(const Grab&) = delete;
    Grab& operator=(const Grab&) = delete;

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
    void shortcuts_changed() override { report(keyboard_window_); }
    void constraint_begun() override;
    void constraint_ended() override { end_constraint(); }
    void moved(double dx, double dy) override;
    void report(ScanoutId scanout) const;
    [[nodiscard]] bool has_lock() const;
    [[nodiscard]] bool can_lock() const;

    InputContext& context_;
    wl_seat* seat_;
    GrabListener& listener_;
    LockedFor locked_for_ = LockedFor::kGuest;
    /// The windows of inhibitor_ and constraint_.
    ScanoutId keyboard_window_ = 0;
    ScanoutId pointer_window_ = 0;
    std::unique_ptr<ShortcutsInhibitor> inhibitor_;
    std::unique_ptr<PointerConstraint> constraint_;
    /// Movements of the seat's pointer, from its first lock on.
    std::unique_ptr<RelativePointer> relative_;
};

}  // namespace oriel::wayland
