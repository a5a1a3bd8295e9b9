// SPDX-License-Identifier: MIT
// XML: staging/linux-drm-syncobj/linux-drm-syncobj-v1.xml optional ORIEL_HAVE_DRM_SYNCOBJ
#pragma once

#if ORIEL_SYNCOBJ
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wp_linux_drm_syncobj_manager_v1> {
    static void destroy(wp_linux_drm_syncobj_manager_v1* p) {
        wp_linux_drm_syncobj_manager_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<wp_linux_drm_syncobj_timeline_v1> {
    static void destroy(wp_linux_drm_syncobj_timeline_v1* p) {
        wp_linux_drm_syncobj_timeline_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<wp_linux_drm_syncobj_surface_v1> {
    static void destroy(wp_linux_drm_syncobj_surface_v1* p) {
        wp_linux_drm_syncobj_surface_v1_destroy(p);
    }
};

}  // namespace oriel::wayland
#endif
