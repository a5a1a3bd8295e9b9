// SPDX-License-Identifier: MIT
// XML: staging/single-pixel-buffer/single-pixel-buffer-v1.xml
#pragma once

#include "protocol/proxy.h"
#include "single-pixel-buffer-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_single_pixel_buffer_manager_v1> {
    static void destroy(wp_single_pixel_buffer_manager_v1* p) {
        wp_single_pixel_buffer_manager_v1_destroy(p);
    }
};

}  // namespace oriel::wayland
