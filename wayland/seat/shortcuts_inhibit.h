// SPDX-License-Identifier: MIT
#pragma once

#include "connection/globals.h"

namespace oriel::wayland {

class ShortcutsInhibitorListener {
public:
    ShortcutsInhibitorListener() = default;
    ShortcutsInhibitorListener(const ShortcutsInhibitorListener&) = delete;
    ShortcutsInhibitorListener& operator=(const ShortcutsInhibitorListener&) = delete;

    /// ShortcutsInhibitor::active() has changed.
    virtual void shortcuts_changed() = 0;

protected:
    ~ShortcutsInhibitorListener() = default;
};

/// zwp_keyboard_shortcuts_inhibitor_v1: while it exists, the compositor is asked to leave its
/// keyboard shortcuts (Super, Alt+Tab) to a surface.
class ShortcutsInhibitor {
public:
    /// The global must be there. All is lent and must outlive this.
    ShortcutsInhibitor(const Globals& globals, wl_surface* surface, wl_seat* seat,
                       ShortcutsInhibitorListener& listener);
    ShortcutsInhibitor(const ShortcutsInhibitor&) = delete;
    ShortcutsInhibitor& operator=(const ShortcutsInhibitor&) = delete;

    [[nodiscard]] wl_surface* surface() const { return surface_; }
    /// The compositor does it; it may stop at any time, at its user's wish, and start again.
    [[nodiscard]] bool active() const { return active_; }

private:
    static const zwp_keyboard_shortcuts_inhibitor_v1_listener kListener;
    void set_active(bool active);

    wl_surface* surface_;
    ShortcutsInhibitorListener& listener_;
    bool active_ = false;
    Proxy<zwp_keyboard_shortcuts_inhibitor_v1> proxy_;
};

}  // namespace oriel::wayland
