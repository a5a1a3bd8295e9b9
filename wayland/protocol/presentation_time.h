// SPDX-License-Identifier: MIT
// XML: stable/presentation-time/presentation-time.xml
#pragma once

#include "presentation-time-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_presentation> {
    static void destroy(wp_presentation* p) { wp_presentation_destroy(p); }
};

template <>
struct ProxyTraits<struct wp_presentation_feedback> {
    static void destroy(struct wp_presentation_feedback* p) { wp_presentation_feedback_destroy(p); }
};

}  // namespace oriel::wayland
