// SPDX-License-Identifier: MIT
#include "hints/tearing_control.h"

namespace oriel::wayland {

TearingControl::TearingControl(const Globals& globals, wl_surface* surface) {
    if (globals.get<wp_tearing_control_manager_v1>() != nullptr) {
        proxy_.reset(wp_tearing_control_manager_v1_get_tearing_control(
            globals.get<wp_tearing_control_manager_v1>(), surface));
        wp_tearing_control_v1_set_presentation_hint(proxy_.get(),
                                                    WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
    }
}

}  // namespace oriel::wayland
