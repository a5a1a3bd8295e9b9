// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "connection/globals.h"
#include "connection/proxies.h"
#include "core/geometry.h"
#include "shell/decorations.h"
#include "shell/toplevel_role.h"

namespace oriel::wayland {

/// Without an answer the compositor takes the program to be hung.
void answer_pings(xdg_wm_base* wm_base);

/// A surface as a desktop window, decorated by the compositor where it does that, and otherwise by
/// `decorations` where there are some.
class Toplevel {
public:
    using Events = ToplevelEvents;

    /// `surface` and `decorations` (null: none) are lent and must outlive this. The surface must be
    /// committed once, without a buffer, to get the first configure.
    Toplevel(const Globals& globals, wl_surface* surface, Events events,
             Decorations* decorations = nullptr,
             DecorationsChoice choice = DecorationsChoice::kAuto);
    Toplevel(const Toplevel&) = delete;
    Toplevel& operator=(const Toplevel&) = delete;

    void set_title(const std::string& title) { role_->set_title(title); }
    void set_app_id(const std::string& app_id) { role_->set_app_id(app_id); }
    /// Null: an output of the compositor's choice.
    void set_fullscreen(wl_output* output) { role_->set_fullscreen(output); }
    /// Full screen (see there), or back to a window.
    void toggle_fullscreen(wl_output* output);
    [[nodiscard]] bool fullscreen() const { return fullscreen_; }
    /// Logical px; 0x0: no limit. Takes effect with the next commit.
    void set_size_limits(Size smallest, Size largest);
    /// Before each commit that may bring content of another size, logical px.
    void prepare_commit(Size content) { role_->prepare_commit(content); }

private:
    Events events_;
    bool fullscreen_ = false;
    Size smallest_;
    Size largest_;
    std::unique_ptr<ToplevelRole> role_;
};

}  // namespace oriel::wayland
