// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../compositor_options.h"
#include "object.h"
#include "surface.h"

namespace oriel::test {

class Toplevel;

/// xdg_surface
class XdgSurface final : public Object, public Role {
public:
    XdgSurface(Server& server, const std::shared_ptr<Surface>& surface)
        : Object{server}, surface_{surface} {}
    static const wl_interface* interface();
    static const void* requests();

    [[nodiscard]] std::shared_ptr<Surface> surface() const { return surface_.lock(); }
    /// Sends xdg_surface.configure.
    void configure();
    /// Forgets that the surface was configured (its toplevel is gone, or it was unmapped).
    void reset();

    void before_commit(bool attaches) override;
    void after_commit() override;

private:
    void get_toplevel(uint32_t id);
    void get_popup(uint32_t id, wl_resource* parent, wl_resource* positioner);
    void set_window_geometry(int32_t x, int32_t y, int32_t width, int32_t height);
    void ack_configure(uint32_t serial);

    std::weak_ptr<Surface> surface_;
    std::weak_ptr<Toplevel> toplevel_;
    /// Serials that were sent and not acknowledged.
    std::set<uint32_t> unacked_;
    bool initial_commit_done_ = false;
    bool acked_ = false;
    bool mapped_ = false;
    std::optional<Rect> pending_geometry_;
};

/// xdg_toplevel
class Toplevel final : public Object {
public:
    Toplevel(Server& server, const std::shared_ptr<XdgSurface>& xdg_surface);
    ~Toplevel() override;
    static const wl_interface* interface();
    static const void* requests();

    /// Its place in State::windows.
    [[nodiscard]] size_t index() const { return index_; }
    [[nodiscard]] WindowState& state() const;
    [[nodiscard]] std::shared_ptr<Surface> surface() const;
    /// `size` in logical px; 0x0: the client chooses.
    void configure(Size size, const std::vector<WindowFlag>& flags);
    /// With the size and the flags of the options, and what the client asked for.
    void configure_as_asked();
    void close();
    /// Sent before each configure.
    void set_decoration(std::weak_ptr<Object> decoration) { decoration_ = std::move(decoration); }

protected:
    void created() override;
    void destroyed() override;

private:
    void set_title(const char* title);
    void set_app_id(const char* app_id);
    void set_max_size(int32_t width, int32_t height);
    void set_min_size(int32_t width, int32_t height);
    void set_maximized() { ask(&WindowState::maximized_requested, true); }
    void unset_maximized() { ask(&WindowState::maximized_requested, false); }
    void set_fullscreen(wl_resource* output);
    void unset_fullscreen() { ask(&WindowState::fullscreen_requested, false); }
    void set_minimized() { state().minimized_requested = true; }
    /// A member of WindowState that a client asks for or takes back.
    using Request = decltype(&WindowState::fullscreen_requested);
    void ask(Request what, bool value);

    size_t index_;
    std::weak_ptr<XdgSurface> xdg_surface_;
    std::weak_ptr<Object> decoration_;
    /// A configure has been sent: requests for a state get one of their own from then on.
    bool configured_ = false;
    friend class XdgSurface;
};

/// xdg_wm_base and, with it, zxdg_decoration_manager_v1
void add_xdg_shell(Server& server);
void add_decoration(Server& server);
/// Sends the mode that the client asked for, or server-side.
void configure_decoration(const Object& decoration, const WindowState& state);
/// Pings every client.
void ping_clients(Server& server);

}  // namespace oriel::test
