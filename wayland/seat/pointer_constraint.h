// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/globals.h"
#include "core/geometry.h"

namespace oriel::wayland {

class PointerConstraintListener {
public:
    PointerConstraintListener() = default;
    PointerConstraintListener(const PointerConstraintListener&) = delete;
    PointerConstraintListener& operator=(const PointerConstraintListener&) = delete;

    virtual void constraint_begun() = 0;
    /// Ended by the compositor. It doesn't come again: the constraint may be destroyed.
    virtual void constraint_ended() = 0;

protected:
    ~PointerConstraintListener() = default;
};

/// zwp_pointer_constraints_v1: a pointer that stays where it is (locked), or in its window
/// (confined), from when the compositor says so until it is over. A surface may have one for each
/// pointer.
class PointerConstraint {
public:
    enum class Kind : uint8_t { kLock, kConfine };

    /// The global must be there. `surface`, `pointer` and `listener` are lent and must outlive
    /// this.
    PointerConstraint(const Globals& globals, wl_surface* surface, wl_pointer* pointer, Kind kind,
                      PointerConstraintListener& listener);
    PointerConstraint(const PointerConstraint&) = delete;
    PointerConstraint& operator=(const PointerConstraint&) = delete;

    [[nodiscard]] wl_surface* surface() const { return surface_; }
    [[nodiscard]] Kind kind() const { return kind_; }
    /// Where the pointer is to be when a lock ends, logical px in the surface. Takes effect
    /// with the surface's next commit; nothing where a pointer is only confined.
    void hint(Point at);
    /// The compositor does it now.
    [[nodiscard]] bool active() const { return active_; }

private:
    static const zwp_locked_pointer_v1_listener kLockListener;
    static const zwp_confined_pointer_v1_listener kConfineListener;
    void begin();
    void end();

    wl_surface* surface_;
    Kind kind_;
    PointerConstraintListener& listener_;
    bool active_ = false;
    Proxy<zwp_locked_pointer_v1> lock_;
    Proxy<zwp_confined_pointer_v1> confine_;
};

}  // namespace oriel::wayland
