// SPDX-License-Identifier: MIT
#include "shell/shell_xdg.h"

#include <span>

#include "hints/toplevel_icon.h"

namespace oriel::wayland {
namespace {

// XDG_TOPLEVEL_STATE_SUSPENDED: newer than the protocol files of Debian 12.
constexpr uint32_t kSuspended = 9;

// A drag makes one for each movement of the hand.
constexpr RequestPacer::Limits kConfigures{.burst = 16, .period = Nanoseconds{8'000'000}};
// A guest that changes its mode, a user who grabs and lets go.
constexpr RequestPacer::Limits kTitles{.burst = 8, .period = Nanoseconds{250'000'000}};

std::span<const uint32_t> values(const wl_array& array) {
    return {static_cast<const uint32_t*>(array.data), array.size / sizeof(uint32_t)};
}

/// xdg_surface, xdg_toplevel and, where the compositor offers them, its own decorations.
///
/// A configure is answered at the end of the turn of the loop, and so only the last one of several.
class XdgRole final : public ToplevelRole, private PacedSender {
public:
    XdgRole(const Globals& globals, wl_surface* surface, ToplevelListener& listener,
            DecorationsChoice choice);

    void set_title(const std::string& title) override;
    void set_app_id(const std::string& app_id) override;
    void set_fullscreen(wl_output* output) override;
    void unset_fullscreen() override;
    void set_maximized() override;
    void set_min_size(Size size) override;
    void set_max_size(Size size) override;
    void prepare_commit(Size) override {}

private:
    static const xdg_surface_listener kSurfaceListener;
    static const xdg_toplevel_listener kToplevelListener;

    void configure_pending(int32_t width, int32_t height, const wl_array* states);
    void configure(uint32_t serial);
    bool send_paced() override;

    ToplevelListener& listener_;
    /// What an xdg_toplevel.configure has said that no xdg_surface.configure has completed.
    ToplevelState pending_;
    /// The newest complete one, and its serial.
    ToplevelState configured_;
    uint32_t serial_ = 0;
    RequestPacer pacer_;
    Proxy<xdg_surface> surface_;
    Proxy<xdg_toplevel> toplevel_;
    Proxy<zxdg_toplevel_decoration_v1> decoration_;
    ToplevelIcon icon_;
};

const xdg_surface_listener XdgRole::kSurfaceListener{
    .configure = [](void* data, xdg_surface*,
                    uint32_t serial) { static_cast<XdgRole*>(data)->configure(serial); },
};

const xdg_toplevel_listener XdgRole::kToplevelListener{
    .configure =
        [](void* data, xdg_toplevel*, int32_t width, int32_t height, wl_array* states) {
            static_cast<XdgRole*>(data)->configure_pending(width, height, states);
        },
    .close = [](void* data,
                xdg_toplevel*) { static_cast<XdgRole*>(data)->listener_.close_asked(); },
    .configure_bounds = [](void*, xdg_toplevel*, int32_t, int32_t) {},
    .wm_capabilities = [](void*, xdg_toplevel*, wl_array*) {},
};

XdgRole::XdgRole(const Globals& globals, wl_surface* surface, ToplevelListener& listener,
                 DecorationsChoice choice)
    : listener_{listener},
      pacer_{globals.connection(), *this, kConfigures},
      surface_{xdg_wm_base_get_xdg_surface(globals.get<xdg_wm_base>(), surface)},
      toplevel_{xdg_surface_get_toplevel(surface_.get())},
      icon_{globals, toplevel_.get()} {
    xdg_surface_add_listener(surface_.get(), &kSurfaceListener, this);
    xdg_toplevel_add_listener(toplevel_.get(), &kToplevelListener, this);
    if (globals.get<zxdg_decoration_manager_v1>() != nullptr) {
        decoration_.reset(zxdg_decoration_manager_v1_get_toplevel_decoration(
            globals.get<zxdg_decoration_manager_v1>(), toplevel_.get()));
        zxdg_toplevel_decoration_v1_set_mode(decoration_.get(),
                                             choice == DecorationsChoice::kNone
                                                 ? ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE
                                                 : ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
    }
}

void XdgRole::configure_pending(int32_t width, int32_t height, const wl_array* states) {
    pending_ = {};
    pending_.size = {limited_side(width), limited_side(height)};
    for (const uint32_t state : values(*states)) {
        switch (state) {
            case XDG_TOPLEVEL_STATE_FULLSCREEN:
                pending_.fullscreen = true;
                pending_.imposed = true;
                break;
            case XDG_TOPLEVEL_STATE_MAXIMIZED:
                pending_.maximized = true;
                pending_.imposed = true;
                break;
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

void XdgRole::configure(uint32_t serial) {
    configured_ = pending_;
    serial_ = serial;
    pacer_.request();
}

bool XdgRole::send_paced() {
    xdg_surface_ack_configure(surface_.get(), serial_);
    listener_.configured(configured_);
    return true;
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

void XdgRole::set_maximized() {
    xdg_toplevel_set_maximized(toplevel_.get());
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

Toplevel::Toplevel(const Globals& globals, wl_surface* surface, ToplevelListener& listener,
                   Decorations* decorations, DecorationsChoice choice)
    : listener_{listener}, title_pacer_{globals.connection(), *this, kTitles} {
    if (decorations != nullptr) {
        role_ = decorations->decorate(surface, *this);
    } else {
        role_ = std::make_unique<XdgRole>(globals, surface, *this, choice);
    }
}

void Toplevel::configured(const ToplevelState& state) {
    fullscreen_ = state.fullscreen;
    listener_.configured(state);
}

void Toplevel::set_title(const std::string& title) {
    title_ = title;
    if (!shown_title_) {
        // Before the window's first commit.
        send_paced();
    } else {
        title_pacer_.request();
    }
}

bool Toplevel::send_paced() {
    if (shown_title_ == title_) {
        return false;
    }
    shown_title_ = title_;
    role_->set_title(title_);
    return true;
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
