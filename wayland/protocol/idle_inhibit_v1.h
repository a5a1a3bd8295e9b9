// SPDX-License-Identifier: MIT
// XML: unstable/idle-inhibit/idle-inhibit-unstable-v1.xml
#pragma once

#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zwp_idle_inhibit_manager_v1> {
    static void destroy(zwp_idle_inhibit_manager_v1* p) { zwp_idle_inhibit_manager_v1_destroy(p); }
};

template <>
struct ProxyTraits<zwp_idle_inhibitor_v1> {
    static void destroy(zwp_idle_inhibitor_v1* p) { zwp_idle_inhibitor_v1_destroy(p); }
};

}  // namespace oriel::wayland
