// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "connection/globals.h"
#include "connection/request_pacer.h"
#include "core/geometry.h"
#include "shell/decorations.h"
#include "shell/toplevel_role.h"

namespace oriel::wayland {

/// A surface as a desktop window, decorated by the compositor where it does that, and otherwise by
/// `decorations` where there are some.
class Toplevel final : public ToplevelListener, private PacedSender {
public:
    /// All is lent and must outlive this; `decorations` may be null: none. The surface must be
    /// committed once, without a buffer, to get the first configure.
    Toplevel(const Globals& globals, wl_surface* surface, ToplevelListener& listener,
             Decorations* decorations = nullptr,
             DecorationsChoice choice = DecorationsChoice::kAuto);
    Toplevel(const Toplevel&) = delete;
    Toplevel& operator=(const Toplevel&) = delete;

    /// A guest can make titles as fast as it changes its mode: beyond some at once they are sent a
    /// few times a second.
    void set_title(const std::string& title);
    void set_app_id(const std::string& app_id) { role_->set_app_id(app_id); }
    /// Null: an output of the compositor's choice.
    void set_fullscreen(wl_output* output) { role_->set_fullscreen(output); }
    void set_maximized() { role_->set_maximized(); }
    /// Full screen (see there), or back to a window.
    void toggle_fullscreen(wl_output* output);
    [[nodiscard]] bool fullscreen() const { return fullscreen_; }
    /// Logical px; 0x0: no limit. Takes effect with the next commit.
    void set_size_limits(Size smallest, Size largest);
    /// Before each commit that may bring content of another size, logical px.
    void prepare_commit(Size content) { role_->prepare_commit(content); }

private:
    void configured(const ToplevelState& state) override;
    void close_asked() override { listener_.close_asked(); }
    bool send_paced() override;

    ToplevelListener& listener_;
    std::string title_;
    /// What the compositor knows.
    std::optional<std::string> shown_title_;
    RequestPacer title_pacer_;
    bool fullscreen_ = false;
    Size smallest_;
    Size largest_;
    std::unique_ptr<ToplevelRole> role_;
};

}  // namespace oriel::wayland
