// SPDX-License-Identifier: MIT
#include "hints/toplevel_icon.h"

namespace oriel::wayland {

#ifdef ORIEL_HAVE_TOPLEVEL_ICON
ToplevelIcon::ToplevelIcon(const Globals& globals, xdg_toplevel* toplevel) {
    if (globals.get<xdg_toplevel_icon_manager_v1>() != nullptr) {
        // As data/icons has it.
        constexpr const char* kIcon = "oriel";
        icon_.reset(
            xdg_toplevel_icon_manager_v1_create_icon(globals.get<xdg_toplevel_icon_manager_v1>()));
        xdg_toplevel_icon_v1_set_name(icon_.get(), kIcon);
        xdg_toplevel_icon_manager_v1_set_icon(globals.get<xdg_toplevel_icon_manager_v1>(), toplevel,
                                              icon_.get());
    }
}
#else
ToplevelIcon::ToplevelIcon(const Globals&, xdg_toplevel*) {}
#endif

}  // namespace oriel::wayland
