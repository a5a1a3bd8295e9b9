// SPDX-License-Identifier: MIT
// XML: unstable/xdg-output/xdg-output-unstable-v1.xml
#pragma once

#include "protocol/proxy.h"
#include "xdg-output-unstable-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zxdg_output_manager_v1> {
    static void destroy(zxdg_output_manager_v1* p) { zxdg_output_manager_v1_destroy(p); }
};

template <>
struct ProxyTraits<zxdg_output_v1> {
    static void destroy(zxdg_output_v1* p) { zxdg_output_v1_destroy(p); }
};

}  // namespace oriel::wayland
