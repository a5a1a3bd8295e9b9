// SPDX-License-Identifier: MIT
#include "shell/shell_xdg.h"

#include <algorithm>
#include <span>
#include <utility>

#include "hints/toplevel_icon.h"

namespace oriel::wayland {
namespace {

// XDG_TOPLEVEL_STATE_SUSPENDED: newer than the protocol files of Debian 12.
constexpr uint32_t kSuspended = 9;

std::span<const uint32_t> values(const wl_array& array) {
    return {static_cast<const uint32_t*>(array.data), array.size / sizeof(uint32_t)};
}

/// xdg_surface, xdg_toplevel and, where the compositor offers them, its own decorations.
class XdgRole final : public ToplevelRole {
public:
    XdgRole(const Globals& globals, wl_surface* surface, ToplevelEvents events,
            DecorationsChoice choice);

    void set_title(const std::string& title) override;
    void set_app_id(const std::string& app_id) override;
    void set_fullscreen(wl_output* output) override;
    void unset_fullscreen() override;
    void set_min_size(Size size) override;
    void set_max_size(Size size) override;
    void prepare_commit(Size) override {}

private:
    static const xdg_surface_listener kSurfaceListener;
    static const xdg_toplevel_listener kToplevelListener;

    void configure_pending(int32_t width, int32_t height, const wl_array* states);

    ToplevelEvents events_;
    ToplevelState pending_;
    Proxy<xdg_surface> surface_;
    Proxy<xdg_toplevel> toplevel_;
    Proxy<zxdg_toplevel_decoration_v1> decoration_;
    ToplevelIcon icon_;
};

const xdg_surface_listener XdgRole::kSurfaceListener{
    .configure =
        [](void* data, xdg_surface* surface, uint32_t serial) {
            xdg_surface_ack_configure(surface, serial);
            auto& self = *static_cast<XdgRole*>(data);
            self.events_.configured(self.pending_);
        },
};

const xdg_toplevel_listener XdgRole::kToplevelListener{
    .configure =
        [](void* data, xdg_toplevel*, int32_t width, int32_t height, wl_array* states) {
            static_cast<XdgRole*>(data)->configure_pending(width, height, states);
        },
    .close = [](void* data, xdg_toplevel*) { static_cast<XdgRole*>(data)->events_.closed(); },
    .configure_bounds = [](void*, xdg_toplevel*, int32_t, int32_t) {},
    .wm_capabilities = [](void*, xdg_toplevel*, wl_array*) {},
};

XdgRole::XdgRole(const Globals& globals, wl_surface* surface, ToplevelEvents events,
                 DecorationsChoice choice)
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
                                             choice == DecorationsChoice::kNone
                                                 ? ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE
                                                 : ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
    }
}

void XdgRole::configure_pending(int32_t width, int32_t height, const wl_array* states) {
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

void XdgRole::set_title(const std::string& title) {
    xdg_toplevel_set_title(toplevel_.get(), title.c_str());
}

void XdgRole::set_app_id(const std::string& app_id) {
    xdg_toplevel_set_app_id(toplevel_.get(), app_id.c_str());
}

void XdgRole::set_fullscreen(wl_output* output) {
    xdg_toplevel_set_fullscreen(toplevel_.get(), output);
}

void XdgRole::unset_fullscreen() {
    xdg_toplevel_unset_fullscreen(toplevel_.get());
}

void XdgRole::set_min_size(Size size) {
    xdg_toplevel_set_min_size(toplevel_.get(), static_cast<int32_t>(size.width),
                              static_cast<int32_t>(size.height));
}

void XdgRole::set_max_size(Size size) {
    xdg_toplevel_set_max_size(toplevel_.get(), static_cast<int32_t>(size.width),
                              static_cast<int32_t>(size.height));
}

}  // namespace

void answer_pings(xdg_wm_base* wm_base) {
    static constexpr xdg_wm_base_listener listener{
        .ping = [](void*, xdg_wm_base* base, uint32_t serial) { xdg_wm_base_pong(base, serial); }};
    // A second listener is refused, which is right: the object is the one that has it already.
    xdg_wm_base_add_listener(wm_base, &listener, nullptr);
}

Toplevel::Toplevel(const Globals& globals, wl_surface* surface, Events events,
                   Decorations* decorations, DecorationsChoice choice)
    : events_{std::move(events)} {
    Events inner{.configured =
                     [this](const ToplevelState& state) {
                         fullscreen_ = state.fullscreen;
                         events_.configured(state);
                     },
                 .closed = [this] { events_.closed(); }};
    if (decorations != nullptr) {
        role_ = decorations->decorate(surface, std::move(inner));
    } else {
        role_ = std::make_unique<XdgRole>(globals, surface, std::move(inner), choice);
    }
}

void Toplevel::toggle_fullscreen(wl_output* output) {
    if (fullscreen_) {
        role_->unset_fullscreen();
    } else {
        set_fullscreen(output);
    }
}

void Toplevel::set_size_limits(Size smallest, Size largest) {
    if (smallest_ != smallest) {
        smallest_ = smallest;
        role_->set_min_size(smallest);
    }
    if (largest_ != largest) {
        largest_ = largest;
        role_->set_max_size(largest);
    }
}

}  // namespace oriel::wayland
