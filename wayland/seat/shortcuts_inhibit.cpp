// SPDX-License-Identifier: MIT
#include "seat/shortcuts_inhibit.h"

namespace oriel::wayland {

const zwp_keyboard_shortcuts_inhibitor_v1_listener ShortcutsInhibitor::kListener{
    .active =
        [](void* data, zwp_keyboard_shortcuts_inhibitor_v1*) {
            static_cast<ShortcutsInhibitor*>(data)->set_active(true);
        },
    .inactive =
        [](void* data, zwp_keyboard_shortcuts_inhibitor_v1*) {
            static_cast<ShortcutsInhibitor*>(data)->set_active(false);
        },
};

ShortcutsInhibitor::ShortcutsInhibitor(const Globals& globals, wl_surface* surface, wl_seat* seat,
                                       ShortcutsInhibitorListener& listener)
    : surface_{surface},
      listener_{listener},
      proxy_{zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
          globals.get<zwp_keyboard_shortcuts_inhibit_manager_v1>(), surface, seat)} {
    zwp_keyboard_shortcuts_inhibitor_v1_add_listener(proxy_.get(), &kListener, this);
}

void ShortcutsInhibitor::set_active(bool active) {
    if (active_ != active) {
        active_ = active;
        listener_.shortcuts_changed();
    }
}

}  // namespace oriel::wayland
