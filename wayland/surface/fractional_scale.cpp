// SPDX-License-Identifier: MIT
#include "surface/fractional_scale.h"

namespace oriel::wayland {

const wp_fractional_scale_v1_listener FractionalScale::kListener{
    .preferred_scale =
        [](void* data, wp_fractional_scale_v1*, uint32_t n120) {
            auto& self = *static_cast<FractionalScale*>(data);
            const Scale scale = limited_scale(n120);
            if (n120 != 0 && self.preferred_ != scale) {
                self.preferred_ = scale;
                self.listener_.surface_moved();
            }
        },
};

FractionalScale::FractionalScale(const Globals& globals, wl_surface* surface,
                                 SurfaceListener& listener)
    : listener_{listener} {
    // Without viewports a surface could not follow it.
    if (globals.get<wp_fractional_scale_manager_v1>() != nullptr &&
        globals.get<wp_viewporter>() != nullptr) {
        proxy_.reset(wp_fractional_scale_manager_v1_get_fractional_scale(
            globals.get<wp_fractional_scale_manager_v1>(), surface));
        wp_fractional_scale_v1_add_listener(proxy_.get(), &kListener, this);
    }
}

}  // namespace oriel::wayland
