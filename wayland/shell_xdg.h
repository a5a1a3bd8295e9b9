// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/geometry.h"
#include "globals.h"
#include "proxies.h"
#include "toplevel_icon.h"

namespace oriel::wayland {

/// Without an answer the compositor takes the program to be hung.
void answer_pings(xdg_wm_base* wm_base);

/// What an xdg_surface.configure asks for.
struct ToplevelState {
    /// Logical px; 0x0: the window decides.
    Size size;
    /// Maximised, fullscreen or tiled: `size` is not the window's to choose.
    bool imposed = false;
    bool fullscreen = false;
    /// The user drags an edge.
    bool resizing = false;
    /// Nobody can see the window (xdg_wm_base 6).
    bool suspended = false;
};

/// The role that makes a surface a desktop window: xdg_surface, xdg_toplevel and, where the
/// compositor offers them, its own decorations.
class Toplevel {
public:
    struct Events {
        /// A new state, acknowledged already; a commit of the surface must follow.
        std::function<void(const ToplevelState&)> configured;
        std::function<void()> closed;
    };

    /// `surface` is lent and must outlive this. The surface must be committed once, without a
    /// buffer, to get the first configure.
    Toplevel(const Globals& globals, wl_surface* surface, Events events);
    Toplevel(const Toplevel&) = delete;
    Toplevel& operator=(const Toplevel&) = delete;

    void set_title(const std::string& title);
    void set_app_id(const std::string& app_id);
    /// Null: an output of the compositor's choice.
    void set_fullscreen(wl_output* output);
    /// Full screen (see there), or back to a window.
    void toggle_fullscreen(wl_output* output);
    [[nodiscard]] bool fullscreen() const { return pending_.fullscreen; }
    /// Logical px; 0x0: no limit. Takes effect with the next commit.
    void set_size_limits(Size smallest, Size largest);

private:
    static const xdg_surface_listener kSurfaceListener;
    static const xdg_toplevel_listener kToplevelListener;

    void configure_pending(int32_t width, int32_t height, const wl_array* states);

    Events events_;
    ToplevelState pending_;
    Size smallest_;
    Size largest_;
    Proxy<xdg_surface> surface_;
    Proxy<xdg_toplevel> toplevel_;
    Proxy<zxdg_toplevel_decoration_v1> decoration_;
    ToplevelIcon icon_;
};

}  // namespace oriel::wayland
