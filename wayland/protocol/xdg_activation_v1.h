// SPDX-License-Identifier: MIT
// XML: staging/xdg-activation/xdg-activation-v1.xml
#pragma once

#include "protocol/proxy.h"
#include "xdg-activation-v1-client-protocol.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<xdg_activation_v1> {
    static void destroy(xdg_activation_v1* p) { xdg_activation_v1_destroy(p); }
};

}  // namespace oriel::wayland
