// SPDX-License-Identifier: MIT
// XML: unstable/relative-pointer/relative-pointer-unstable-v1.xml
#pragma once

#include "protocol/proxy.h"
#include "relative-pointer-unstable-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zwp_relative_pointer_manager_v1> {
    static void destroy(zwp_relative_pointer_manager_v1* p) {
        zwp_relative_pointer_manager_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<zwp_relative_pointer_v1> {
    static void destroy(zwp_relative_pointer_v1* p) { zwp_relative_pointer_v1_destroy(p); }
};

}  // namespace oriel::wayland
