// SPDX-License-Identifier: MIT
// XML: staging/content-type/content-type-v1.xml
#pragma once

#include "content-type-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_content_type_manager_v1> {
    static void destroy(wp_content_type_manager_v1* p) { wp_content_type_manager_v1_destroy(p); }
};

template <>
struct ProxyTraits<wp_content_type_v1> {
    static void destroy(wp_content_type_v1* p) { wp_content_type_v1_destroy(p); }
};

}  // namespace oriel::wayland
