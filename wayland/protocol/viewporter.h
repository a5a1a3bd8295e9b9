// SPDX-License-Identifier: MIT
// XML: stable/viewporter/viewporter.xml
#pragma once

#include "protocol/proxy.h"
#include "viewporter-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_viewporter> {
    static void destroy(wp_viewporter* p) { wp_viewporter_destroy(p); }
};

template <>
struct ProxyTraits<wp_viewport> {
    static void destroy(wp_viewport* p) { wp_viewport_destroy(p); }
};

}  // namespace oriel::wayland
