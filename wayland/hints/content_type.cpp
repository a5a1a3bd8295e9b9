// SPDX-License-Identifier: MIT
#include "hints/content_type.h"

namespace oriel::wayland {

ContentType::ContentType(const Globals& globals, wl_surface* surface) {
    if (globals.get<wp_content_type_manager_v1>() != nullptr) {
        proxy_.reset(wp_content_type_manager_v1_get_surface_content_type(
            globals.get<wp_content_type_manager_v1>(), surface));
        wp_content_type_v1_set_content_type(proxy_.get(), WP_CONTENT_TYPE_V1_TYPE_GAME);
    }
}

}  // namespace oriel::wayland
