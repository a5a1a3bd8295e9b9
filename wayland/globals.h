// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "connection.h"
#include "proxies.h"

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
    // Null where the compositor has none:
    [[nodiscard]] wl_subcompositor* subcompositor() const { return subcompositor_.get(); }
    [[nodiscard]] wp_viewporter* viewporter() const { return viewporter_.get(); }
    [[nodiscard]] wp_presentation* presentation() const { return presentation_.get(); }
    [[nodiscard]] wp_single_pixel_buffer_manager_v1* single_pixel() const {
        return single_pixel_.get();
    }
    [[nodiscard]] zxdg_decoration_manager_v1* decoration() const { return decoration_.get(); }
    /// Of version 3 at least.
    [[nodiscard]] zwp_linux_dmabuf_v1* dmabuf() const { return dmabuf_.get(); }
#if ORIEL_SYNCOBJ
    [[nodiscard]] wp_linux_drm_syncobj_manager_v1* syncobj() const {
        return syncobj_.get();
    }
#endif

private:
    struct Row;
    static constexpr size_t kRows = 11 + ORIEL_SYNCOBJ;
    static const std::array<Row, kRows>& table();
    static const wl_registry_listener kListener;

    void added(uint32_t name, const char* interface, uint32_t version);
    void report() const;

    Dynamic dynamic_;
    /// By row of the table: the version bound, 0 without, and the one offered.
    std::array<uint32_t, kRows> bound_{};
    std::array<uint32_t, kRows> offered_{};
    Proxy<wl_registry> registry_;
    Proxy<wl_compositor> compositor_;
    Proxy<wl_subcompositor> subcompositor_;
    Proxy<wl_shm> shm_;
    Proxy<xdg_wm_base> wm_base_;
    Proxy<wp_viewporter> viewporter_;
    Proxy<wp_presentation> presentation_;
    Proxy<wp_single_pixel_buffer_manager_v1> single_pixel_;
    Proxy<zxdg_decoration_manager_v1> decoration_;
    Proxy<zwp_linux_dmabuf_v1> dmabuf_;
#if ORIEL_SYNCOBJ
    Proxy<wp_linux_drm_syncobj_manager_v1> syncobj_;
#endif
};

}  // namespace oriel::wayland
