// SPDX-License-Identifier: MIT
#pragma once

#include "connection/globals.h"

namespace oriel::wayland {

/// wp_tearing_control_v1: a surface's frames may be shown at once, in the middle of a refresh. With
/// the surface's next commit.
class TearingControl {
public:
    /// Does nothing where the compositor has no such protocol. `surface` is lent and must outlive
    /// this.
    TearingControl(const Globals& globals, wl_surface* surface);
    TearingControl(const TearingControl&) = delete;
    TearingControl& operator=(const TearingControl&) = delete;

private:
    Proxy<wp_tearing_control_v1> proxy_;
};

}  // namespace oriel::wayland
