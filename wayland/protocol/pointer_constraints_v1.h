// SPDX-License-Identifier: MIT
// XML: unstable/pointer-constraints/pointer-constraints-unstable-v1.xml
#pragma once

#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zwp_pointer_constraints_v1> {
    static void destroy(zwp_pointer_constraints_v1* p) { zwp_pointer_constraints_v1_destroy(p); }
};

template <>
struct ProxyTraits<zwp_locked_pointer_v1> {
    static void destroy(zwp_locked_pointer_v1* p) { zwp_locked_pointer_v1_destroy(p); }
};

template <>
struct ProxyTraits<zwp_confined_pointer_v1> {
    static void destroy(zwp_confined_pointer_v1* p) { zwp_confined_pointer_v1_destroy(p); }
};

}  // namespace oriel::wayland
