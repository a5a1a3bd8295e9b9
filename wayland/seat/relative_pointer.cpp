// SPDX-License-Identifier: MIT
#include "seat/relative_pointer.h"

namespace oriel::wayland {

const zwp_relative_pointer_v1_listener RelativePointer::kListener{
    .relative_motion =
        [](void* data, zwp_relative_pointer_v1*, uint32_t, uint32_t, wl_fixed_t, wl_fixed_t,
           wl_fixed_t dx, wl_fixed_t dy) {
            static_cast<RelativePointer*>(data)->listener_.moved(wl_fixed_to_double(dx),
                                                                 wl_fixed_to_double(dy));
        },
};

RelativePointer::RelativePointer(const Globals& globals, wl_pointer* pointer,
                                 RelativePointerListener& listener)
    : listener_{listener},
      proxy_{zwp_relative_pointer_manager_v1_get_relative_pointer(
          globals.get<zwp_relative_pointer_manager_v1>(), pointer)} {
    zwp_relative_pointer_v1_add_listener(proxy_.get(), &kListener, this);
}

}  // namespace oriel::wayland
