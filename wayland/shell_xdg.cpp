// SPDX-License-Identifier: MIT
#include "shell_xdg.h"

#include <algorithm>
#include <span>
#include <utility>

namespace oriel::wayland {
namespace {

// XDG_TOPLEVEL_STATE_SUSPENDED: newer than the protocol files of Debian 12.
constexpr uint32_t kSuspended = 9;

std::span<const uint32_t> values(const wl_array& array) {
    return {static_cast<const uint32_t*>(array.data), array.size / sizeof(uint32_t)};
}

}  // namespace

void answer_pings(xdg_wm_base* wm_base) {
    static constexpr xdg_wm_base_listener listener{
        .ping = [](void*, xdg_wm_base* base, uint32_t serial) { xdg_wm_base_pong(base, serial); }};
    // A second listener is refused, which is right: the object is the one that has it already.
    xdg_wm_base_add_listener(wm_base, &listener, nullptr);
}

const xdg_surface_listener Toplevel::kSurfaceListener{
    .configure =
        [](void* data, xdg_surface* surface, uint32_t serial) {
            xdg_surface_ack_configure(surface, serial);
            auto& self = *static_cast<Toplevel*>(data);
            self.events_.configured(self.pending_);
        },
};

const xdg_toplevel_listener Toplevel::kToplevelListener{
    .configure =
        [](void* data, xdg_toplevel*, int32_t width, int32_t height, wl_array* states) {
            static_cast<Toplevel*>(data)->configure_pending(width, height, states);
        },
    .close = [](void* data, xdg_toplevel*) { static_cast<Toplevel*>(data)->events_.closed(); },
    .configure_bounds = [](void*, xdg_toplevel*, int32_t, int32_t) {},
    .wm_capabilities = [](void*, xdg_toplevel*, wl_array*) {},
};

Toplevel::Toplevel(const Globals& globals, wl_surface* surface, Events events)
    : events_{std::move(events)},
      surface_{xdg_wm_base_get_xdg_surface(globals.wm_base(), surface)},
      toplevel_{xdg_surface_get_toplevel(surface_.get())},
      icon_{globals, toplevel_.get()} {
    xdg_surface_add_listener(surface_.get(), &kSurfaceListener, this);
    xdg_toplevel_add_listener(toplevel_.get(), &kToplevelListener, this);
    if (globals.decoration() != nullptr) {
        decoration_.reset(zxdg_decoration_manager_v1_get_toplevel_decoration(globals.decoration(),
                                                                             toplevel_.get()));
        zxdg_toplevel_decoration_v1_set_mode(decoration_.get(),
                                             ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
    }
}

void Toplevel::configure_pending(int32_t width, int32_t height, const wl_array* states) {
    pending_ = {};
    pending_.size = {static_cast<uint32_t>(std::max(width, 0)),
                     static_cast<uint32_t>(std::max(height, 0))};
    for (const uint32_t state : values(*states)) {
        switch (state) {
            case XDG_TOPLEVEL_STATE_FULLSCREEN:
                pending_.fullscreen = true;
                pending_.imposed = true;
                break;
            case XDG_TOPLEVEL_STATE_MAXIMIZED:
            case XDG_TOPLEVEL_STATE_TILED_LEFT:
            case XDG_TOPLEVEL_STATE_TILED_RIGHT:
            case XDG_TOPLEVEL_STATE_TILED_TOP:
            case XDG_TOPLEVEL_STATE_TILED_BOTTOM:
                pending_.imposed = true;
                break;
            case XDG_TOPLEVEL_STATE_RESIZING:
                pending_.resizing = true;
                break;
            case kSuspended:
                pending_.suspended = true;
                break;
            default:
                break;
        }
    }
}

void Toplevel::set_title(const std::string& title) {
    xdg_toplevel_set_title(toplevel_.get(), title.c_str());
}

void Toplevel::set_app_id(const std::string& app_id) {
    xdg_toplevel_set_app_id(toplevel_.get(), app_id.c_str());
}

void Toplevel::set_fullscreen(wl_output* output) {
    xdg_toplevel_set_fullscreen(toplevel_.get(), output);
}

void Toplevel::toggle_fullscreen(wl_output* output) {
    if (pending_.fullscreen) {
        xdg_toplevel_unset_fullscreen(toplevel_.get());
    } else {
        set_fullscreen(output);
    }
}

void Toplevel::set_size_limits(Size smallest, Size largest) {
    if (smallest_ != smallest) {
        smallest_ = smallest;
        xdg_toplevel_set_min_size(toplevel_.get(), static_cast<int32_t>(smallest.width),
                                  static_cast<int32_t>(smallest.height));
    }
    if (largest_ != largest) {
        largest_ = largest;
        xdg_toplevel_set_max_size(toplevel_.get(), static_cast<int32_t>(largest.width),
                                  static_cast<int32_t>(largest.height));
    }
}

}  // namespace oriel::wayland
