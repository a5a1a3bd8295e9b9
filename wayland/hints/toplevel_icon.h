// SPDX-License-Identifier: MIT
#pragma once

#include "connection/globals.h"

namespace oriel::wayland {

/// xdg_toplevel_icon_v1: a window's icon is the program's, although its app id is the VM's own and
/// has no desktop entry.
class ToplevelIcon {
public:
    /// Does nothing where the compositor, or the protocol files at build time, have no such
    /// protocol. `toplevel` is lent and must outlive this.
    ToplevelIcon(const Globals& globals, xdg_toplevel* toplevel);
    ToplevelIcon(const ToplevelIcon&) = delete;
    ToplevelIcon& operator=(const ToplevelIcon&) = delete;

private:
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
    Proxy<xdg_toplevel_icon_v1> icon_;
#endif
};

}  // namespace oriel::wayland
