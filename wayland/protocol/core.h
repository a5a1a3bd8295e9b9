// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<wl_registry> {
    static void destroy(wl_registry* p) { wl_registry_destroy(p); }
};

template <>
struct ProxyTraits<wl_callback> {
    static void destroy(wl_callback* p) { wl_callback_destroy(p); }
};

template <>
struct ProxyTraits<wl_compositor> {
    static void destroy(wl_compositor* p) { wl_compositor_destroy(p); }
};

template <>
struct ProxyTraits<wl_surface> {
    static void destroy(wl_surface* p) { wl_surface_destroy(p); }
};

template <>
struct ProxyTraits<wl_region> {
    static void destroy(wl_region* p) { wl_region_destroy(p); }
};

template <>
struct ProxyTraits<wl_subcompositor> {
    static void destroy(wl_subcompositor* p) { wl_subcompositor_destroy(p); }
};

template <>
struct ProxyTraits<wl_subsurface> {
    static void destroy(wl_subsurface* p) { wl_subsurface_destroy(p); }
};

template <>
struct ProxyTraits<wl_shm> {
    static void destroy(wl_shm* p) { wl_shm_destroy(p); }
};

template <>
struct ProxyTraits<wl_shm_pool> {
    static void destroy(wl_shm_pool* p) { wl_shm_pool_destroy(p); }
};

template <>
struct ProxyTraits<wl_buffer> {
    static void destroy(wl_buffer* p) { wl_buffer_destroy(p); }
};

template <>
struct ProxyTraits<wl_output> {
    static void destroy(wl_output* p) {
        if (wl_output_get_version(p) >= WL_OUTPUT_RELEASE_SINCE_VERSION) {
            wl_output_release(p);
        } else {
            wl_output_destroy(p);
        }
    }
};

template <>
struct ProxyTraits<wl_seat> {
    static void destroy(wl_seat* p) {
        if (wl_seat_get_version(p) >= WL_SEAT_RELEASE_SINCE_VERSION) {
            wl_seat_release(p);
        } else {
            wl_seat_destroy(p);
        }
    }
};

template <>
struct ProxyTraits<wl_pointer> {
    static void destroy(wl_pointer* p) {
        if (wl_pointer_get_version(p) >= WL_POINTER_RELEASE_SINCE_VERSION) {
            wl_pointer_release(p);
        } else {
            wl_pointer_destroy(p);
        }
    }
};

template <>
struct ProxyTraits<wl_keyboard> {
    static void destroy(wl_keyboard* p) {
        if (wl_keyboard_get_version(p) >= WL_KEYBOARD_RELEASE_SINCE_VERSION) {
            wl_keyboard_release(p);
        } else {
            wl_keyboard_destroy(p);
        }
    }
};

template <>
struct ProxyTraits<wl_touch> {
    static void destroy(wl_touch* p) {
        if (wl_touch_get_version(p) >= WL_TOUCH_RELEASE_SINCE_VERSION) {
            wl_touch_release(p);
        } else {
            wl_touch_destroy(p);
        }
    }
};

template <>
struct ProxyTraits<wl_data_device_manager> {
    static void destroy(wl_data_device_manager* p) { wl_data_device_manager_destroy(p); }
};

template <>
struct ProxyTraits<wl_data_device> {
    static void destroy(wl_data_device* p) {
        if (wl_data_device_get_version(p) >= WL_DATA_DEVICE_RELEASE_SINCE_VERSION) {
            wl_data_device_release(p);
        } else {
            wl_data_device_destroy(p);
        }
    }
};

template <>
struct ProxyTraits<wl_data_offer> {
    static void destroy(wl_data_offer* p) { wl_data_offer_destroy(p); }
};

template <>
struct ProxyTraits<wl_data_source> {
    static void destroy(wl_data_source* p) { wl_data_source_destroy(p); }
};

}  // namespace oriel::wayland
