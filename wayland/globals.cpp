// SPDX-License-Identifier: MIT
#include "globals.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/log.h"
#include "shell_xdg.h"

namespace oriel::wayland {

/// One interface that this program uses.
struct Globals::Row {
    const wl_interface* interface;
    uint32_t min;  ///< older ones are as good as missing
    uint32_t max;  ///< the newest whose events are all handled here
    bool required;
    /// What happens without it; for the log.
    const char* without;
    /// Takes the bound object.
    void (*store)(Globals& globals, uint32_t name, void* proxy);
};

namespace {

/// Takes `proxy` into `slot`; of a second global of the same interface the first one is kept.
template <class T>
void keep_first(Proxy<T>& slot, void* proxy) {
    Proxy<T> owned{static_cast<T*>(proxy)};
    if (!slot) {
        slot = std::move(owned);
    }
}

}  // namespace

const std::array<Globals::Row, Globals::kRows>& Globals::table() {
    static const std::array<Row, kRows> rows{{
        // 4: wl_surface.damage_buffer
        {&wl_compositor_interface, 4, 6, true, "",
         [](Globals& g, uint32_t, void* p) { keep_first(g.compositor_, p); }},
        {&wl_shm_interface, 1, 1, true, "",
         [](Globals& g, uint32_t, void* p) { keep_first(g.shm_, p); }},
        // 6: the suspended state
        {&xdg_wm_base_interface, 1, 6, true, "",
         [](Globals& g, uint32_t, void* p) {
             keep_first(g.wm_base_, p);
             answer_pings(g.wm_base_.get());
         }},
        {&wl_subcompositor_interface, 1, 1, false,
         "a picture of another shape than its window is stretched",
         [](Globals& g, uint32_t, void* p) { keep_first(g.subcompositor_, p); }},
        {&wp_viewporter_interface, 1, 1, false,
         "nothing is scaled, windows are as large as the guest's mode",
         [](Globals& g, uint32_t, void* p) { keep_first(g.viewporter_, p); }},
        {&wp_presentation_interface, 1, 2, false, "frame callbacks count as presented",
         [](Globals& g, uint32_t, void* p) { keep_first(g.presentation_, p); }},
        {&wp_single_pixel_buffer_manager_v1_interface, 1, 1, false, "black is a wl_shm buffer",
         [](Globals& g, uint32_t, void* p) { keep_first(g.single_pixel_, p); }},
        {&zxdg_decoration_manager_v1_interface, 1, 1, false,
         "the compositor decorates windows as it likes",
         [](Globals& g, uint32_t, void* p) { keep_first(g.decoration_, p); }},
        // 3: modifiers
        {&zwp_linux_dmabuf_v1_interface, 3, 5, false,
         "what a guest draws into its own memory is copied",
         [](Globals& g, uint32_t, void* p) { keep_first(g.dmabuf_, p); }},
#if ORIEL_SYNCOBJ
        {&wp_linux_drm_syncobj_manager_v1_interface, 1, 1, false,
         "a guest's own buffers come back by wl_buffer.release",
         [](Globals& g, uint32_t, void* p) { keep_first(g.syncobj_, p); }},
#endif
        {&wl_output_interface, 2, 4, false, "the refresh rate is taken to be 60 Hz",
         [](Globals& g, uint32_t name, void* p) {
             g.dynamic_.output_added(name, Proxy<wl_output>{static_cast<wl_output*>(p)});
         }},
        // 8 and newer have pointer events that nothing here needs.
        {&wl_seat_interface, 1, 7, false, "no pointer, so no cursor",
         [](Globals& g, uint32_t name, void* p) {
             g.dynamic_.seat_added(name, Proxy<wl_seat>{static_cast<wl_seat*>(p)});
         }},
    }};
    return rows;
}

const wl_registry_listener Globals::kListener{
    .global =
        [](void* data, wl_registry*, uint32_t name, const char* interface, uint32_t version) {
            static_cast<Globals*>(data)->added(name, interface, version);
        },
    .global_remove = [](void* data, wl_registry*,
                        uint32_t name) { static_cast<Globals*>(data)->dynamic_.removed(name); },
};

Globals::Globals(Connection& connection, Dynamic dynamic)
    : dynamic_{std::move(dynamic)}, registry_{wl_display_get_registry(connection.display())} {
    wl_registry_add_listener(registry_.get(), &kListener, this);
    connection.roundtrip();
    report();
}

void Globals::added(uint32_t name, const char* interface, uint32_t version) {
    for (size_t i = 0; i < table().size(); ++i) {
        const Row& row = table()[i];
        if (std::strcmp(row.interface->name, interface) != 0) {
            continue;
        }
        offered_[i] = version;
        if (version < row.min) {
            return;
        }
        // The installed protocol files may be older than the table.
        const uint32_t use = std::min(
            {version, row.max, static_cast<uint32_t>(std::max(row.interface->version, 1))});
        bound_[i] = use;
        row.store(*this, name, wl_registry_bind(registry_.get(), name, row.interface, use));
        return;
    }
}

void Globals::report() const {
    std::string bound;
    for (size_t i = 0; i < table().size(); ++i) {
        const Row& row = table()[i];
        if (bound_[i] != 0) {
            bound +=
                fmt::format("{}{} {}", bound.empty() ? "" : ", ", row.interface->name, bound_[i]);
            continue;
        }
        if (row.required) {
            const std::string found =
                offered_[i] == 0 ? "has none"
                                 : fmt::format("has version {}, which is too old", offered_[i]);
            throw StartupError{
                fmt::format("this compositor can't show a window: {} {} is needed, "
                            "it {}",
                            row.interface->name, row.min, found)};
        }
    }
    log_info("wayland", "bound {}", bound);
    for (size_t i = 0; i < table().size(); ++i) {
        if (bound_[i] == 0) {
            log_info("wayland", "{} is missing: {}", table()[i].interface->name,
                     table()[i].without);
        }
    }
}

}  // namespace oriel::wayland
