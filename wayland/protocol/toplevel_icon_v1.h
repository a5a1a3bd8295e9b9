// SPDX-License-Identifier: MIT
// XML: staging/xdg-toplevel-icon/xdg-toplevel-icon-v1.xml optional ORIEL_HAVE_TOPLEVEL_ICON
#pragma once

#ifdef ORIEL_HAVE_TOPLEVEL_ICON
#include "protocol/proxy.h"
#include "xdg-toplevel-icon-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<xdg_toplevel_icon_manager_v1> {
    static void destroy(xdg_toplevel_icon_manager_v1* p) {
        xdg_toplevel_icon_manager_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<xdg_toplevel_icon_v1> {
    static void destroy(xdg_toplevel_icon_v1* p) { xdg_toplevel_icon_v1_destroy(p); }
};

}  // namespace oriel::wayland
#endif
