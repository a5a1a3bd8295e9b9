// SPDX-License-Identifier: MIT
// XML: staging/cursor-shape/cursor-shape-v1.xml optional ORIEL_HAVE_CURSOR_SHAPE
// XML: stable/tablet/tablet-v2.xml unstable/tablet/tablet-unstable-v2.xml
#pragma once

#ifdef ORIEL_HAVE_CURSOR_SHAPE
#include "cursor-shape-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_cursor_shape_manager_v1> {
    static void destroy(wp_cursor_shape_manager_v1* p) { wp_cursor_shape_manager_v1_destroy(p); }
};

template <>
struct ProxyTraits<wp_cursor_shape_device_v1> {
    static void destroy(wp_cursor_shape_device_v1* p) { wp_cursor_shape_device_v1_destroy(p); }
};

}  // namespace oriel::wayland
#endif
