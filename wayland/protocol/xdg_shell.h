// SPDX-License-Identifier: MIT
// XML: stable/xdg-shell/xdg-shell.xml
#pragma once

#include "protocol/proxy.h"
#include "xdg-shell-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<xdg_wm_base> {
    static void destroy(xdg_wm_base* p) { xdg_wm_base_destroy(p); }
};

template <>
struct ProxyTraits<xdg_surface> {
    static void destroy(xdg_surface* p) { xdg_surface_destroy(p); }
};

template <>
struct ProxyTraits<xdg_toplevel> {
    static void destroy(xdg_toplevel* p) { xdg_toplevel_destroy(p); }
};

}  // namespace oriel::wayland
