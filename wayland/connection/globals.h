// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "connection/connection.h"
#include "connection/proxies.h"

namespace oriel::wayland {

/// What the compositor offers and this program uses: bound through one table (globals.cpp).
class Globals {
public:
    /// For globals that come and go, and of which there may be several. `name` is the registry's
    /// number for one.
    struct Dynamic {
        std::function<void(uint32_t name, Proxy<wl_output>)> output_added;
        std::function<void(uint32_t name, Proxy<wl_seat>)> seat_added;
        /// Of an output, a seat, or something that nobody here knows.
        std::function<void(uint32_t name)> removed;
    };

    /// Waits for the compositor (one roundtrip), binds, and logs what there is. `connection` is
    /// lent and must outlive this. Throws StartupError if something required is missing.
    Globals(Connection& connection, Dynamic dynamic);
    Globals(const Globals&) = delete;
    Globals& operator=(const Globals&) = delete;

    // Never null:
    [[nodiscard]] wl_compositor* compositor() const { return compositor_.get(); }
    [[nodiscard]] wl_shm* shm() const { return shm_.get(); }
    [[nodiscard]] xdg_wm_base* wm_base() const { return wm_base_.get(); }
    /// The compositor is KWin, which takes the rows of a shared-memory buffer of a new size for as
    /// long as the buffer is wide (5.27, with OpenGL: GLTexture's constructor doesn't say the
    /// stride, and what is shown is slanted until all of it has been damaged again).
    [[nodiscard]] bool ignores_strides() const { return ignores_strides_; }
    // Null where the compositor has none:
    [[nodiscard]] wl_subcompositor* subcompositor() const { return subcompositor_.get(); }
    [[nodiscard]] wl_data_device_manager* data_device_manager() const {
        return data_device_manager_.get();
    }
    [[nodiscard]] wp_viewporter* viewporter() const { return viewporter_.get(); }
    [[nodiscard]] wp_presentation* presentation() const { return presentation_.get(); }
    [[nodiscard]] wp_single_pixel_buffer_manager_v1* single_pixel() const {
        return single_pixel_.get();
    }
    [[nodiscard]] zxdg_decoration_manager_v1* decoration() const { return decoration_.get(); }
    [[nodiscard]] wp_fractional_scale_manager_v1* fractional_scale() const {
        return fractional_scale_.get();
    }
    [[nodiscard]] wp_content_type_manager_v1* content_type() const { return content_type_.get(); }
    [[nodiscard]] wp_tearing_control_manager_v1* tearing() const { return tearing_.get(); }
    [[nodiscard]] xdg_activation_v1* activation() const { return activation_.get(); }
    [[nodiscard]] zwp_idle_inhibit_manager_v1* idle_inhibit() const { return idle_inhibit_.get(); }
    [[nodiscard]] zwp_keyboard_shortcuts_inhibit_manager_v1* shortcuts_inhibit() const {
        return shortcuts_inhibit_.get();
    }
    [[nodiscard]] zwp_pointer_constraints_v1* constraints() const { return constraints_.get(); }
    [[nodiscard]] zwp_relative_pointer_manager_v1* relative_pointer() const {
        return relative_pointer_.get();
    }
    /// Of version 3 at least.
    [[nodiscard]] zwp_linux_dmabuf_v1* dmabuf() const { return dmabuf_.get(); }
    // Not in every build. (Last, and not formatted: clang-format 14 and 19 differ behind an #if.)
    // clang-format off
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    [[nodiscard]] wp_cursor_shape_manager_v1* cursor_shape() const { return cursor_shape_.get(); }
#endif
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
    [[nodiscard]] xdg_toplevel_icon_manager_v1* toplevel_icon() const { return toplevel_icon_.get(); }
#endif
#if ORIEL_SYNCOBJ
    [[nodiscard]] wp_linux_drm_syncobj_manager_v1* syncobj() const { return syncobj_.get(); }
#endif
    // clang-format on

private:
    enum class Need : uint8_t;
    struct Row;
    static std::span<const Row> table();
    static const wl_registry_listener kListener;

    void added(uint32_t name, const char* interface, uint32_t version);
    void report() const;

    Dynamic dynamic_;
    bool ignores_strides_ = false;
    /// By row of the table: the version bound, 0 without, and the one offered.
    std::vector<uint32_t> bound_;
    std::vector<uint32_t> offered_;
    Proxy<wl_registry> registry_;
    Proxy<wl_compositor> compositor_;
    Proxy<wl_subcompositor> subcompositor_;
    Proxy<wl_shm> shm_;
    Proxy<xdg_wm_base> wm_base_;
    Proxy<wl_data_device_manager> data_device_manager_;
    Proxy<wp_viewporter> viewporter_;
    Proxy<wp_presentation> presentation_;
    Proxy<wp_single_pixel_buffer_manager_v1> single_pixel_;
    Proxy<zxdg_decoration_manager_v1> decoration_;
    Proxy<wp_fractional_scale_manager_v1> fractional_scale_;
    Proxy<wp_content_type_manager_v1> content_type_;
    Proxy<wp_tearing_control_manager_v1> tearing_;
    Proxy<xdg_activation_v1> activation_;
    Proxy<zwp_idle_inhibit_manager_v1> idle_inhibit_;
    Proxy<zwp_keyboard_shortcuts_inhibit_manager_v1> shortcuts_inhibit_;
    Proxy<zwp_pointer_constraints_v1> constraints_;
    Proxy<zwp_relative_pointer_manager_v1> relative_pointer_;
#ifdef ORIEL_HAVE_CURSOR_SHAPE
    Proxy<wp_cursor_shape_manager_v1> cursor_shape_;
#endif
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
    Proxy<xdg_toplevel_icon_manager_v1> toplevel_icon_;
#endif
    Proxy<zwp_linux_dmabuf_v1> dmabuf_;
#if ORIEL_SYNCOBJ
    Proxy<wp_linux_drm_syncobj_manager_v1> syncobj_;
#endif
};

}  // namespace oriel::wayland
