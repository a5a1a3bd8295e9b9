// SPDX-License-Identifier: MIT
#include "connection/globals.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/log.h"
#include "shell/shell_xdg.h"

namespace oriel::wayland {

/// How much is lost without an interface.
enum class Globals::Need : uint8_t {
    kRequired,
    kUseful,
    kNice,  ///< not a line of the log, but with --log-level debug
};

/// One interface that this program uses.
struct Globals::Row {
    const wl_interface* interface;
    uint32_t min;  ///< older ones are as good as missing
    uint32_t max;  ///< the newest whose events are all handled here
    Need need;
    /// What happens without it; for the log.
    const char* without;
    /// Takes the bound object.
    void (*store)(Globals& globals, uint32_t name, void* proxy);
};

namespace {

/// Of KWin and nobody else, for its own settings; not bound.
constexpr const char* kKwinsOwn = "kde_output_management_v2";

/// Takes `proxy` into `slot`; of a second global of the same interface the first one is kept.
template <class T>
void keep_first(Proxy<T>& slot, void* proxy) {
    Proxy<T> owned{static_cast<T*>(proxy)};
    if (!slot) {
        slot = std::move(owned);
    }
}

}  // namespace

std::span<const Globals::Row> Globals::table() {
    static const Row rows[] = {
        // 4: wl_surface.damage_buffer
        {&wl_compositor_interface, 4, 6, Need::kRequired, "",
         [](Globals& g, uint32_t, void* p) { keep_first(g.compositor_, p); }},
        {&wl_shm_interface, 1, 1, Need::kRequired, "",
         [](Globals& g, uint32_t, void* p) { keep_first(g.shm_, p); }},
        // 6: the suspended state
        {&xdg_wm_base_interface, 1, 6, Need::kRequired, "",
         [](Globals& g, uint32_t, void* p) {
             keep_first(g.wm_base_, p);
             answer_pings(g.wm_base_.get());
         }},
        {&wl_subcompositor_interface, 1, 1, Need::kUseful,
         "a picture of another shape than its window is stretched",
         [](Globals& g, uint32_t, void* p) { keep_first(g.subcompositor_, p); }},
        {&wl_data_device_manager_interface, 1, 3, Need::kNice, "no clipboard",
         [](Globals& g, uint32_t, void* p) { keep_first(g.data_device_manager_, p); }},
        {&wp_viewporter_interface, 1, 1, Need::kUseful,
         "nothing is scaled, windows are as large as the guest's mode",
         [](Globals& g, uint32_t, void* p) { keep_first(g.viewporter_, p); }},
        {&wp_presentation_interface, 1, 2, Need::kUseful, "frame callbacks count as presented",
         [](Globals& g, uint32_t, void* p) { keep_first(g.presentation_, p); }},
        {&wp_single_pixel_buffer_manager_v1_interface, 1, 1, Need::kUseful,
         "black is a wl_shm buffer",
         [](Globals& g, uint32_t, void* p) { keep_first(g.single_pixel_, p); }},
        {&zxdg_decoration_manager_v1_interface, 1, 1, Need::kUseful,
         "frames are drawn here, with libdecor",
         [](Globals& g, uint32_t, void* p) { keep_first(g.decoration_, p); }},
        // 3: modifiers
        {&zwp_linux_dmabuf_v1_interface, 3, 5, Need::kUseful,
         "what a guest draws into its own memory is copied",
         [](Globals& g, uint32_t, void* p) { keep_first(g.dmabuf_, p); }},
#if ORIEL_SYNCOBJ
        {&wp_linux_drm_syncobj_manager_v1_interface, 1, 1, Need::kUseful,
         "a guest's own buffers come back by wl_buffer.release",
         [](Globals& g, uint32_t, void* p) { keep_first(g.syncobj_, p); }},
#endif
        {&wp_fractional_scale_manager_v1_interface, 1, 1, Need::kUseful, "scales are whole numbers",
         [](Globals& g, uint32_t, void* p) { keep_first(g.fractional_scale_, p); }},
        {&zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1, 1, Need::kUseful,
         "the compositor keeps its keyboard shortcuts",
         [](Globals& g, uint32_t, void* p) { keep_first(g.shortcuts_inhibit_, p); }},
        {&zwp_pointer_constraints_v1_interface, 1, 1, Need::kUseful, "the pointer can't be locked",
         [](Globals& g, uint32_t, void* p) { keep_first(g.constraints_, p); }},
        {&zwp_relative_pointer_manager_v1_interface, 1, 1, Need::kNice,
         "the pointer can't be locked",
         [](Globals& g, uint32_t, void* p) { keep_first(g.relative_pointer_, p); }},
        {&zwp_idle_inhibit_manager_v1_interface, 1, 1, Need::kNice,
         "the screen may go blank during a film",
         [](Globals& g, uint32_t, void* p) { keep_first(g.idle_inhibit_, p); }},
        {&wp_content_type_manager_v1_interface, 1, 1, Need::kNice,
         "the compositor does not know what kind of picture it is",
         [](Globals& g, uint32_t, void* p) { keep_first(g.content_type_, p); }},
        {&wp_tearing_control_manager_v1_interface, 1, 1, Need::kNice,
         "every frame waits for the screen",
         [](Globals& g, uint32_t, void* p) { keep_first(g.tearing_, p); }},
        {&xdg_activation_v1_interface, 1, 1, Need::kNice, "a new window may come up behind others",
         [](Globals& g, uint32_t, void* p) { keep_first(g.activation_, p); }},
#ifdef ORIEL_HAVE_CURSOR_SHAPE
        {&wp_cursor_shape_manager_v1_interface, 1, 1, Need::kNice,
         "the arrow is that of the cursor theme",
         [](Globals& g, uint32_t, void* p) { keep_first(g.cursor_shape_, p); }},
#endif
#ifdef ORIEL_HAVE_TOPLEVEL_ICON
        {&xdg_toplevel_icon_manager_v1_interface, 1, 1, Need::kNice,
         "the icon is that of the desktop entry",
         [](Globals& g, uint32_t, void* p) { keep_first(g.toplevel_icon_, p); }},
#endif
        {&wl_output_interface, 2, 4, Need::kUseful, "the refresh rate is taken to be 60 Hz",
         [](Globals& g, uint32_t name, void* p) {
             g.dynamic_.output_added(name, Proxy<wl_output>{static_cast<wl_output*>(p)});
         }},
        {&wl_seat_interface, 1, 9, Need::kUseful, "no keyboard, no pointer, no touch screen",
         [](Globals& g, uint32_t name, void* p) {
             g.dynamic_.seat_added(name, Proxy<wl_seat>{static_cast<wl_seat*>(p)});
         }},
    };
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
    : dynamic_{std::move(dynamic)},
      bound_(table().size()),
      offered_(table().size()),
      registry_{wl_display_get_registry(connection.display())} {
    wl_registry_add_listener(registry_.get(), &kListener, this);
    connection.roundtrip();
    report();
}

void Globals::added(uint32_t name, const char* interface, uint32_t version) {
    ignores_strides_ = ignores_strides_ || std::strcmp(interface, kKwinsOwn) == 0;
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
        if (row.need == Need::kRequired) {
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
            const Row& row = table()[i];
            log(row.need == Need::kNice ? LogLevel::kDebug : LogLevel::kInfo, "wayland",
                "{} is missing: {}", row.interface->name, row.without);
        }
    }
}

}  // namespace oriel::wayland
