// SPDX-License-Identifier: MIT
#include "surface/fractional_scale.h"

#include <utility>

namespace oriel::wayland {

const wp_fractional_scale_v1_listener FractionalScale::kListener{
    .preferred_scale =
        [](void* data, wp_fractional_scale_v1*, uint32_t n120) {
            auto& self = *static_cast<FractionalScale*>(data);
            // A scale of 0 means nothing; and nothing may be divided by it.
            if (n120 != 0 && self.preferred_ != Scale{n120}) {
                self.preferred_ = Scale{n120};
                self.changed_();
            }
        },
};

FractionalScale::FractionalScale(const Globals& globals, wl_surface* surface,
                                 std::function<void()> changed)
    : changed_{std::move(changed)} {
    // Without viewports a surface could not follow it.
    if (globals.fractional_scale() != nullptr && globals.viewporter() != nullptr) {
        proxy_.reset(wp_fractional_scale_manager_v1_get_fractional_scale(globals.fractional_scale(),
                                                                         surface));
        wp_fractional_scale_v1_add_listener(proxy_.get(), &kListener, this);
    }
}

}  // namespace oriel::wayland
