// SPDX-License-Identifier: MIT
// XML: stable/linux-dmabuf/linux-dmabuf-v1.xml unstable/linux-dmabuf/linux-dmabuf-unstable-v1.xml
#pragma once

#include "linux-dmabuf-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zwp_linux_dmabuf_v1> {
    static void destroy(zwp_linux_dmabuf_v1* p) { zwp_linux_dmabuf_v1_destroy(p); }
};

template <>
struct ProxyTraits<zwp_linux_buffer_params_v1> {
    static void destroy(zwp_linux_buffer_params_v1* p) { zwp_linux_buffer_params_v1_destroy(p); }
};

template <>
struct ProxyTraits<zwp_linux_dmabuf_feedback_v1> {
    static void destroy(zwp_linux_dmabuf_feedback_v1* p) {
        zwp_linux_dmabuf_feedback_v1_destroy(p);
    }
};

/// The compositor can be asked for its formats and its device.
[[nodiscard]] inline bool has_feedback(zwp_linux_dmabuf_v1* dmabuf) {
    return zwp_linux_dmabuf_v1_get_version(dmabuf) >=
           ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION;
}

}  // namespace oriel::wayland
