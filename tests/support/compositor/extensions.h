// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/unique_fd.h"
#include "object.h"

namespace oriel::test {

class Surface;
struct SurfaceUpdate;

/// wp_presentation_feedback
class Feedback final : public Object {
public:
    Feedback(Server& server, std::weak_ptr<Surface> surface)
        : Object{server}, surface_{std::move(surface)} {}
    static const wl_interface* interface();
    static const void* requests() { return nullptr; }

    /// Shown now, by the clock that the options name.
    void present();
    void discard();

private:
    std::weak_ptr<Surface> surface_;
};

/// What a wp_linux_drm_syncobj_surface_v1 asks of its surface's commits.
class SyncRules {
public:
    SyncRules() = default;
    SyncRules(const SyncRules&) = delete;
    SyncRules& operator=(const SyncRules&) = delete;
    virtual ~SyncRules() = default;
    virtual void before_commit(const SurfaceUpdate& update) = 0;
};

void add_viewporter(Server& server);
void add_xdg_output(Server& server);
void add_presentation(Server& server);
void add_single_pixel(Server& server);
/// Only in a build that has the protocol.
void add_syncobj(Server& server);
void add_fractional_scale(Server& server);
void add_shortcuts_inhibit(Server& server);
void add_pointer_constraints(Server& server);
void add_relative_pointer(Server& server);
void add_idle_inhibit(Server& server);
void add_data_device_manager(Server& server);
void add_content_type(Server& server);
void add_tearing_control(Server& server);
void add_activation(Server& server);
// These do nothing where the installed protocol files don't know them.
void add_cursor_shape(Server& server);
void add_toplevel_icon(Server& server);

// What scripts use:
/// To every surface that asked.
void send_fractional_scale(Server& server, uint32_t n120);
/// Of every inhibitor, as when the compositor's user wants the shortcuts back.
void set_inhibitors_active(Server& server, bool active);
/// Begins all constraints, or ends them.
void set_constraints_active(Server& server, bool active);
/// Another client copies something that has these forms; empty: the clipboard is empty. The client
/// hears of it, whoever has the focus.
void offer_selection(Server& server, const std::vector<std::string>& forms);
/// Another client pastes: where the text comes from, through a pipe of so many bytes (0: as usual).
[[nodiscard]] UniqueFd ask_for_selection(Server& server, const std::string& form,
                                         int pipe_bytes = 0);
/// Unaccelerated px.
void move_relative_pointers(Server& server, double dx, double dy);

}  // namespace oriel::test
