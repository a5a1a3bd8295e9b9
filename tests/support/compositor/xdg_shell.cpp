// SPDX-License-Identifier: MIT
#include "xdg_shell.h"

#include <fmt/format.h>

#include <algorithm>

#include "output.h"
#include "server.h"
#include "xdg-shell-server-protocol.h"

namespace oriel::test {
namespace {

/// Only menus need one, and Oriel has none.
class Positioner final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &xdg_positioner_interface; }
    static const void* requests() {
        static constexpr struct xdg_positioner_interface kRequests = {
            .destroy = destroy_resource,
            .set_size = ignore<int32_t, int32_t>,
            .set_anchor_rect = ignore<int32_t, int32_t, int32_t, int32_t>,
            .set_anchor = ignore<uint32_t>,
            .set_gravity = ignore<uint32_t>,
            .set_constraint_adjustment = ignore<uint32_t>,
            .set_offset = ignore<int32_t, int32_t>,
            .set_reactive = ignore<>,
            .set_parent_size = ignore<int32_t, int32_t>,
            .set_parent_configure = ignore<uint32_t>,
        };
        return &kRequests;
    }
};

class WmBase final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &xdg_wm_base_interface; }
    static const void* requests() {
        static constexpr struct xdg_wm_base_interface kRequests = {
            .destroy = destroy_resource,
            .create_positioner = on<&WmBase::create_positioner>,
            .get_xdg_surface = on<&WmBase::get_xdg_surface>,
            .pong = on<&WmBase::pong>,
        };
        return &kRequests;
    }

private:
    void pong(uint32_t serial) { server().state.last_pong = serial; }
    void create_positioner(uint32_t id) { create<Positioner>(server(), client(), version(), id); }

    void get_xdg_surface(uint32_t id, wl_resource* surface) {
        const auto object = object_of<Surface>(surface);
        if (object->state().picture) {
            server().protocol_error(resource(), XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
                                    "xdg_surface for a surface with a buffer");
            return;
        }
        object->pending();  // the initial commit has this to say
        const auto xdg = create<XdgSurface>(server(), client(), version(), id, object);
        if (!object->set_role("xdg_toplevel", xdg)) {
            wl_resource_post_error(resource(), XDG_WM_BASE_ERROR_ROLE, "has another role");
        }
    }
};

}  // namespace

const wl_interface* XdgSurface::interface() {
    return &xdg_surface_interface;
}

const void* XdgSurface::requests() {
    static constexpr struct xdg_surface_interface kRequests = {
        .destroy = destroy_resource,
        .get_toplevel = on<&XdgSurface::get_toplevel>,
        .get_popup = on<&XdgSurface::get_popup>,
        .set_window_geometry = on<&XdgSurface::set_window_geometry>,
        .ack_configure = on<&XdgSurface::ack_configure>,
    };
    return &kRequests;
}

void XdgSurface::get_toplevel(uint32_t id) {
    toplevel_ = create<Toplevel>(server(), client(), version(), id,
                                 std::static_pointer_cast<XdgSurface>(shared_from_this()));
}

void XdgSurface::get_popup(uint32_t, wl_resource*, wl_resource*) {
    server().protocol_error(resource(), XDG_SURFACE_ERROR_NOT_CONSTRUCTED,
                            "this compositor has no popups");
}

void XdgSurface::set_window_geometry(int32_t x, int32_t y, int32_t width, int32_t height) {
    if (width <= 0 || height <= 0) {
        server().violation(resource(),
                           fmt::format("window geometry {}x{} at {},{}", width, height, x, y));
        return;
    }
    if (x < 0 || y < 0) {
        if (const auto toplevel = toplevel_.lock()) {
            toplevel->state().frame_at = {x, y};
            toplevel->state().frame_size = {static_cast<uint32_t>(width),
                                            static_cast<uint32_t>(height)};
        }
        return;
    }
    if (const auto toplevel = toplevel_.lock()) {
        toplevel->state().frame_size = {};
    }
    if (const auto live = surface()) {
        live->pending();
    }
    pending_geometry_ = Rect{static_cast<uint32_t>(x), static_cast<uint32_t>(y),
                             static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
}

void XdgSurface::configure() {
    const uint32_t serial = server().next_serial();
    unacked_.insert(serial);
    if (const auto toplevel = toplevel_.lock()) {
        toplevel->state().configure_sent = serial;
    }
    xdg_surface_send_configure(resource(), serial);
}

void XdgSurface::ack_configure(uint32_t serial) {
    const auto it = unacked_.find(serial);
    if (it == unacked_.end()) {
        server().protocol_error(resource(), XDG_SURFACE_ERROR_INVALID_SERIAL,
                                fmt::format("ack of serial {}, which isn't outstanding", serial));
        return;
    }
    // An ack stands for all configures before it, too.
    unacked_.erase(unacked_.begin(), std::next(it));
    acked_ = true;
    if (const auto live = surface()) {
        live->pending();
    }
    if (const auto toplevel = toplevel_.lock()) {
        toplevel->state().configure_acked = serial;
    }
}

void XdgSurface::reset() {
    unacked_.clear();
    initial_commit_done_ = false;
    acked_ = false;
    mapped_ = false;
}

void XdgSurface::before_commit(bool attaches) {
    if (resource() == nullptr) {
        return;
    }
    if (toplevel_.expired()) {
        server().protocol_error(resource(), XDG_SURFACE_ERROR_NOT_CONSTRUCTED,
                                "commit before the surface is a toplevel");
    } else if (attaches && !acked_) {
        server().protocol_error(resource(), XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
                                "a buffer before the first configure was acknowledged");
    }
}

void XdgSurface::after_commit() {
    const auto toplevel = toplevel_.lock();
    if (!toplevel || toplevel->resource() == nullptr || resource() == nullptr) {
        return;
    }
    if (pending_geometry_) {
        toplevel->state().geometry = pending_geometry_;
        pending_geometry_.reset();
    }
    const auto live = surface();
    if (!std::exchange(initial_commit_done_, true)) {
        if (server().options.auto_configure) {
            toplevel->configure_as_asked();
        }
        return;
    }
    const bool has_content = live->state().picture != nullptr;
    if (has_content && !std::exchange(mapped_, true)) {
        live->enter_outputs();
    } else if (!has_content && mapped_) {
        reset();  // unmapped: the next map starts anew
    }
}

const wl_interface* Toplevel::interface() {
    return &xdg_toplevel_interface;
}

const void* Toplevel::requests() {
    static constexpr struct xdg_toplevel_interface kRequests = {
        .destroy = destroy_resource,
        .set_parent = ignore<wl_resource*>,
        .set_title = on<&Toplevel::set_title>,
        .set_app_id = on<&Toplevel::set_app_id>,
        .show_window_menu = ignore<wl_resource*, uint32_t, int32_t, int32_t>,
        .move = ignore<wl_resource*, uint32_t>,
        .resize = ignore<wl_resource*, uint32_t, uint32_t>,
        .set_max_size = on<&Toplevel::set_max_size>,
        .set_min_size = on<&Toplevel::set_min_size>,
        .set_maximized = on<&Toplevel::set_maximized>,
        .unset_maximized = on<&Toplevel::unset_maximized>,
        .set_fullscreen = on<&Toplevel::set_fullscreen>,
        .unset_fullscreen = on<&Toplevel::unset_fullscreen>,
        .set_minimized = on<&Toplevel::set_minimized>,
    };
    return &kRequests;
}

Toplevel::Toplevel(Server& owner, const std::shared_ptr<XdgSurface>& xdg_surface)
    : Object{owner}, index_{owner.state.windows.size()}, xdg_surface_{xdg_surface} {
    WindowState window;
    window.surface = xdg_surface->surface()->number();
    server().state.windows.push_back(window);
    server().toplevels.push_back(this);
}

Toplevel::~Toplevel() = default;

WindowState& Toplevel::state() const {
    return server().state.windows.at(index_);
}

std::shared_ptr<Surface> Toplevel::surface() const {
    const auto xdg = xdg_surface_.lock();
    return xdg ? xdg->surface() : nullptr;
}

void Toplevel::created() {
    if (version() >= XDG_TOPLEVEL_WM_CAPABILITIES_SINCE_VERSION) {
        wl_array capabilities;
        wl_array_init(&capabilities);
        for (const uint32_t capability :
             {XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE, XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN}) {
            *static_cast<uint32_t*>(wl_array_add(&capabilities, sizeof(uint32_t))) = capability;
        }
        xdg_toplevel_send_wm_capabilities(resource(), &capabilities);
        wl_array_release(&capabilities);
    }
}

void Toplevel::destroyed() {
    std::erase(server().toplevels, this);
    state().alive = false;
    if (const auto xdg = xdg_surface_.lock()) {
        xdg->reset();
    }
    // Unmapped with it.
    if (const auto live = surface(); live && live->resource() != nullptr) {
        for (const auto& output : server().outputs) {
            output->leave(*live);
        }
    }
}

void Toplevel::configure(Size size, const std::vector<WindowFlag>& flags) {
    const auto xdg = xdg_surface_.lock();
    if (!xdg || xdg->resource() == nullptr) {
        return;
    }
    configured_ = true;
    state().configured = size;
    wl_array states;
    wl_array_init(&states);
    for (const WindowFlag flag : flags) {
        *static_cast<uint32_t*>(wl_array_add(&states, sizeof(uint32_t))) =
            static_cast<uint32_t>(flag);
    }
    xdg_toplevel_send_configure(resource(), static_cast<int32_t>(size.width),
                                static_cast<int32_t>(size.height), &states);
    wl_array_release(&states);
    if (const auto decoration = decoration_.lock(); decoration && decoration->resource()) {
        configure_decoration(*decoration, state());
    }
    xdg->configure();
}

void Toplevel::configure_as_asked() {
    Size size = server().options.configure_size;
    std::vector<WindowFlag> flags = server().options.configure_flags;
    const Size whole = server().outputs.empty() ? Size{} : server().outputs.front()->options().mode;
    if (state().maximized_requested) {
        flags.push_back(WindowFlag::kMaximized);
        size = whole;
    }
    if (state().fullscreen_requested) {
        flags.push_back(WindowFlag::kFullscreen);
        size = whole;
    }
    configure(size, flags);
}

void Toplevel::close() {
    xdg_toplevel_send_close(resource());
}

void Toplevel::set_title(const char* title) {
    state().title = title;
}

void Toplevel::set_app_id(const char* app_id) {
    state().app_id = app_id;
}

void Toplevel::set_max_size(int32_t width, int32_t height) {
    state().max_size = {static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
}

void Toplevel::set_min_size(int32_t width, int32_t height) {
    state().min_size = {static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
}

void Toplevel::set_fullscreen(wl_resource* output) {
    state().fullscreen_output.clear();
    for (const auto& known : server().outputs) {
        known->for_each_of(client(), [&](wl_resource* object) {
            if (object == output) {
                state().fullscreen_output = known->options().name;
            }
        });
    }
    ask(&WindowState::fullscreen_requested, true);
}

void Toplevel::ask(Request what, bool value) {
    state().*what = value;
    if (configured_ && server().options.auto_configure) {
        configure_as_asked();
    }
}

void add_xdg_shell(Server& server) {
    server.add_global(&xdg_wm_base_interface, server.options.xdg_wm_base,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          server.wm_bases.push_back(create<WmBase>(server, client, version, id));
                      });
    add_decoration(server);
}

void ping_clients(Server& server) {
    for (const auto& base : server.wm_bases) {
        if (const auto live = base.lock(); live && live->resource() != nullptr) {
            server.state.last_ping = server.next_serial();
            xdg_wm_base_send_ping(live->resource(), server.state.last_ping);
        }
    }
}

}  // namespace oriel::test
