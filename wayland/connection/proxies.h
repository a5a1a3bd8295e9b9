// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include "content-type-v1-client-protocol.h"
#include "core/unique_handle.h"
#include "fractional-scale-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#if ORIEL_SYNCOBJ
#include "linux-drm-syncobj-v1-client-protocol.h"
#endif
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#ifdef ORIEL_HAVE_CURSOR_SHAPE
#include "cursor-shape-v1-client-protocol.h"
#endif
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
#include "xdg-toplevel-icon-v1-client-protocol.h"
#endif

namespace oriel::wayland {

/// Destroys any protocol object with the request that its version has. One function object instead
/// of the generated inline functions: those have internal linkage, which a type of a class' member
/// must not depend on.
struct DestroyProxy {
    void operator()(wl_registry* p) const { wl_registry_destroy(p); }
    void operator()(wl_compositor* p) const { wl_compositor_destroy(p); }
    void operator()(wl_subcompositor* p) const { wl_subcompositor_destroy(p); }
    void operator()(wl_surface* p) const { wl_surface_destroy(p); }
    void operator()(wl_subsurface* p) const { wl_subsurface_destroy(p); }
    void operator()(wl_region* p) const { wl_region_destroy(p); }
    void operator()(wl_callback* p) const { wl_callback_destroy(p); }
    void operator()(wl_shm* p) const { wl_shm_destroy(p); }
    void operator()(wl_shm_pool* p) const { wl_shm_pool_destroy(p); }
    void operator()(wl_buffer* p) const { wl_buffer_destroy(p); }
    void operator()(wl_output* p) const {
        if (wl_output_get_version(p) >= WL_OUTPUT_RELEASE_SINCE_VERSION) {
            wl_output_release(p);
        } else {
            wl_output_destroy(p);
        }
    }
    void operator()(wl_seat* p) const {
        if (wl_seat_get_version(p) >= WL_SEAT_RELEASE_SINCE_VERSION) {
            wl_seat_release(p);
        } else {
            wl_seat_destroy(p);
        }
    }
    void operator()(wl_pointer* p) const {
        if (wl_pointer_get_version(p) >= WL_POINTER_RELEASE_SINCE_VERSION) {
            wl_pointer_release(p);
        } else {
            wl_pointer_destroy(p);
        }
    }
    void operator()(wl_keyboard* p) const {
        if (wl_keyboard_get_version(p) >= WL_KEYBOARD_RELEASE_SINCE_VERSION) {
            wl_keyboard_release(p);
        } else {
            wl_keyboard_destroy(p);
        }
    }
    void operator()(wl_touch* p) const {
        if (wl_touch_get_version(p) >= WL_TOUCH_RELEASE_SINCE_VERSION) {
            wl_touch_release(p);
        } else {
            wl_touch_destroy(p);
        }
    }
    void operator()(wl_data_device_manager* p) const { wl_data_device_manager_destroy(p); }
    void operator()(wl_data_device* p) const {
        if (wl_data_device_get_version(p) >= WL_DATA_DEVICE_RELEASE_SINCE_VERSION) {
            wl_data_device_release(p);
        } else {
            wl_data_device_destroy(p);
        }
    }
    void operator()(wl_data_offer* p) const { wl_data_offer_destroy(p); }
    void operator()(wl_data_source* p) const { wl_data_source_destroy(p); }
    void operator()(wp_viewporter* p) const { wp_viewporter_destroy(p); }
    void operator()(wp_viewport* p) const { wp_viewport_destroy(p); }
    void operator()(wp_presentation* p) const { wp_presentation_destroy(p); }
    void operator()(struct wp_presentation_feedback* p) const {
        wp_presentation_feedback_destroy(p);
    }
    void operator()(wp_single_pixel_buffer_manager_v1* p) const {
        wp_single_pixel_buffer_manager_v1_destroy(p);
    }
    void operator()(xdg_wm_base* p) const { xdg_wm_base_destroy(p); }
    void operator()(xdg_surface* p) const { xdg_surface_destroy(p); }
    void operator()(xdg_toplevel* p) const { xdg_toplevel_destroy(p); }
    void operator()(zxdg_decoration_manager_v1* p) const { zxdg_decoration_manager_v1_destroy(p); }
    void operator()(zxdg_toplevel_decoration_v1* p) const {
        zxdg_toplevel_decoration_v1_destroy(p);
    }
    void operator()(wp_fractional_scale_manager_v1* p) const {
        wp_fractional_scale_manager_v1_destroy(p);
    }
    void operator()(wp_fractional_scale_v1* p) const { wp_fractional_scale_v1_destroy(p); }
    void operator()(wp_content_type_manager_v1* p) const { wp_content_type_manager_v1_destroy(p); }
    void operator()(wp_content_type_v1* p) const { wp_content_type_v1_destroy(p); }
    void operator()(wp_tearing_control_manager_v1* p) const {
        wp_tearing_control_manager_v1_destroy(p);
    }
    void operator()(wp_tearing_control_v1* p) const { wp_tearing_control_v1_destroy(p); }
    void operator()(xdg_activation_v1* p) const { xdg_activation_v1_destroy(p); }
    void operator()(zwp_idle_inhibit_manager_v1* p) const {
        zwp_idle_inhibit_manager_v1_destroy(p);
    }
    void operator()(zwp_idle_inhibitor_v1* p) const { zwp_idle_inhibitor_v1_destroy(p); }
    void operator()(zwp_keyboard_shortcuts_inhibit_manager_v1* p) const {
        zwp_keyboard_shortcuts_inhibit_manager_v1_destroy(p);
    }
    void operator()(zwp_keyboard_shortcuts_inhibitor_v1* p) const {
        zwp_keyboard_shortcuts_inhibitor_v1_destroy(p);
    }
    void operator()(zwp_pointer_constraints_v1* p) const { zwp_pointer_constraints_v1_destroy(p); }
    void operator()(zwp_locked_pointer_v1* p) const { zwp_locked_pointer_v1_destroy(p); }
    void operator()(zwp_confined_pointer_v1* p) const { zwp_confined_pointer_v1_destroy(p); }
    void operator()(zwp_relative_pointer_manager_v1* p) const {
        zwp_relative_pointer_manager_v1_destroy(p);
    }
    void operator()(zwp_relative_pointer_v1* p) const { zwp_relative_pointer_v1_destroy(p); }
    void operator()(zwp_linux_dmabuf_v1* p) const { zwp_linux_dmabuf_v1_destroy(p); }
    void operator()(zwp_linux_buffer_params_v1* p) const { zwp_linux_buffer_params_v1_destroy(p); }
    void operator()(zwp_linux_dmabuf_feedback_v1* p) const {
        zwp_linux_dmabuf_feedback_v1_destroy(p);
    }
    // Not in every build. (Last, and not formatted: clang-format 14 and 19 differ behind an #if.)
    // clang-format off
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    void operator()(wp_cursor_shape_manager_v1* p) const { wp_cursor_shape_manager_v1_destroy(p); }
    void operator()(wp_cursor_shape_device_v1* p) const { wp_cursor_shape_device_v1_destroy(p); }
#endif
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
    void operator()(xdg_toplevel_icon_manager_v1* p) const { xdg_toplevel_icon_manager_v1_destroy(p); }
    void operator()(xdg_toplevel_icon_v1* p) const { xdg_toplevel_icon_v1_destroy(p); }
#endif
#if ORIEL_SYNCOBJ
    void operator()(wp_linux_drm_syncobj_manager_v1* p) const { wp_linux_drm_syncobj_manager_v1_destroy(p); }
    void operator()(wp_linux_drm_syncobj_timeline_v1* p) const { wp_linux_drm_syncobj_timeline_v1_destroy(p); }
    void operator()(wp_linux_drm_syncobj_surface_v1* p) const { wp_linux_drm_syncobj_surface_v1_destroy(p); }
#endif
    // clang-format on
};
inline constexpr DestroyProxy destroy_proxy;

/// Sole owner of a protocol object.
template <class T>
using Proxy = UniqueHandle<T, destroy_proxy>;

}  // namespace oriel::wayland
