// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "connection/globals.h"
#include "connection/proxies.h"

namespace oriel::wayland {

/// zwp_keyboard_shortcuts_inhibitor_v1: while it exists, the compositor is asked to leave its
/// keyboard shortcuts (Super, Alt+Tab) to a surface.
class ShortcutsInhibitor {
public:
    /// The global must be there. `surface` is lent and must outlive this. `changed` is called when
    /// active() has changed.
    ShortcutsInhibitor(const Globals& globals, wl_surface* surface, wl_seat* seat,
                       std::function<void()> changed);
    ShortcutsInhibitor(const ShortcutsInhibitor&) = delete;
    ShortcutsInhibitor& operator=(const ShortcutsInhibitor&) = delete;

    [[nodiscard]] wl_surface* surface() const { return surface_; }
    /// The compositor does it; it may stop at any time, at its user's wish, and start again.
    [[nodiscard]] bool active() const { return active_; }

private:
    static const zwp_keyboard_shortcuts_inhibitor_v1_listener kListener;
    void set_active(bool active);

    wl_surface* surface_;
    std::function<void()> changed_;
    bool active_ = false;
    Proxy<zwp_keyboard_shortcuts_inhibitor_v1> proxy_;
};

}  // namespace oriel::wayland
