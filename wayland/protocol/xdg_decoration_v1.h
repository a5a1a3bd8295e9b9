// SPDX-License-Identifier: MIT
// XML: unstable/xdg-decoration/xdg-decoration-unstable-v1.xml
#pragma once

#include "protocol/proxy.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zxdg_decoration_manager_v1> {
    static void destroy(zxdg_decoration_manager_v1* p) { zxdg_decoration_manager_v1_destroy(p); }
};

template <>
struct ProxyTraits<zxdg_toplevel_decoration_v1> {
    static void destroy(zxdg_toplevel_decoration_v1* p) { zxdg_toplevel_decoration_v1_destroy(p); }
};

}  // namespace oriel::wayland
