// SPDX-License-Identifier: MIT
// XML: staging/tearing-control/tearing-control-v1.xml
#pragma once

#include "protocol/proxy.h"
#include "tearing-control-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_tearing_control_manager_v1> {
    static void destroy(wp_tearing_control_manager_v1* p) {
        wp_tearing_control_manager_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<wp_tearing_control_v1> {
    static void destroy(wp_tearing_control_v1* p) { wp_tearing_control_v1_destroy(p); }
};

}  // namespace oriel::wayland
