// SPDX-License-Identifier: MIT
#include "hints/content_type.h"

namespace oriel::wayland {

ContentType::ContentType(const Globals& globals, wl_surface* surface) {
    if (globals.content_type() != nullptr) {
        proxy_.reset(
            wp_content_type_manager_v1_get_surface_content_type(globals.content_type(), surface));
        wp_content_type_v1_set_content_type(proxy_.get(), WP_CONTENT_TYPE_V1_TYPE_GAME);
    }
}

}  // namespace oriel::wayland
