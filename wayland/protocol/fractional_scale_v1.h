// SPDX-License-Identifier: MIT
// XML: staging/fractional-scale/fractional-scale-v1.xml
#pragma once

#include "fractional-scale-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_fractional_scale_manager_v1> {
    static void destroy(wp_fractional_scale_manager_v1* p) {
        wp_fractional_scale_manager_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<wp_fractional_scale_v1> {
    static void destroy(wp_fractional_scale_v1* p) { wp_fractional_scale_v1_destroy(p); }
};

}  // namespace oriel::wayland
