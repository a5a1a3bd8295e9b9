// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/geometry.h"

namespace oriel::test {

/// Pixels as a compositor sees them: 0xAARRGGBB, alpha 0xff where the buffer's format has none.
struct Picture {
    Size size;
    std::vector<uint32_t> pixels;

    [[nodiscard]] uint32_t at(uint32_t x, uint32_t y) const {
        return pixels.at(size_t{y} * size.width + x);
    }
    friend bool operator==(const Picture&, const Picture&) = default;
};
using PictureRef = std::shared_ptr<const Picture>;

/// Where two pictures first differ, for a failing test; empty when they don't.
[[nodiscard]] std::string difference(const Picture& actual, const Picture& expected);

/// wp_viewport.set_source, buffer px.
struct SourceRect {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    friend bool operator==(const SourceRect&, const SourceRect&) = default;
};

/// One wl_surface.commit, as it took effect.
struct Commit {
    /// wl_surface.attach was part of it.
    bool attached = false;
    /// The surface's content from now on; null: none. Only the last few commits keep theirs.
    PictureRef picture;
    /// Number of the wl_buffer (1 for the first that was ever created); 0: none.
    uint64_t buffer = 0;
    /// Buffer px, clipped to the buffer.
    Region damage;
    bool frame_callback = false;
    bool feedback = false;
    /// With points of wp_linux_drm_syncobj_v1.
    bool explicit_sync = false;
};

struct SurfaceState {
    uint64_t number = 0;  ///< 1 for the first one ever created; never reused
    uint32_t id = 0;      ///< of the wl_surface object
    bool alive = true;
    std::string role;  ///< "xdg_toplevel", "wl_subsurface", "cursor", or empty
    std::vector<Commit> commits;
    /// What the last commit left; null: no content.
    PictureRef picture;
    uint64_t buffer = 0;
    std::optional<SourceRect> source;  ///< buffer px
    std::optional<Size> destination;   ///< logical px
    int32_t scale = 1;
    int32_t transform = 0;
    /// Surface px; unset: nothing opaque.
    std::optional<Region> opaque;
    bool takes_input = true;  ///< the input region isn't empty
    /// Logical px.
    Size size;
    uint32_t content_type = 0;   ///< wp_content_type_v1.type
    bool may_tear = false;       ///< wp_tearing_control_v1
    size_t frame_callbacks = 0;  ///< that wait
    size_t feedbacks = 0;        ///< that wait
    uint64_t parent = 0;         ///< of a subsurface: the parent's number
    Point position;              ///< of a subsurface, in the parent
    /// The subsurfaces and the surface itself, bottom first.
    std::vector<uint64_t> stack;
    std::vector<std::string> outputs;  ///< that it was told to be on

    /// Commits that brought a buffer (or took it away).
    [[nodiscard]] uint64_t frames() const;
    [[nodiscard]] const Commit& last() const { return commits.back(); }
};

struct WindowState {
    uint64_t surface = 0;
    bool alive = true;
    std::string title;
    std::string app_id;
    std::string icon;  ///< by name
    Size min_size;
    Size max_size;
    std::optional<Rect> geometry;
    /// The newest geometry, where it reaches beyond the surface: a frame of subsurfaces around it.
    Point frame_at;
    Size frame_size;
    bool fullscreen_requested = false;
    /// The name of the output that was asked for with it; empty: none was.
    std::string fullscreen_output;
    bool maximized_requested = false;
    bool minimized_requested = false;
    std::optional<uint32_t> decoration_requested;
    uint32_t configure_sent = 0;   ///< the newest serial
    uint32_t configure_acked = 0;  ///< the newest serial
    Size configured;               ///< the newest configure's size, logical px
};

struct CursorState {
    uint64_t requests = 0;  ///< wl_pointer.set_cursor so far, stale ones not counted
    uint64_t stale = 0;     ///< with a serial that isn't the newest enter's
    bool hidden = false;    ///< the newest set_cursor had no surface
    uint64_t surface = 0;
    Point hotspot;
    /// wp_cursor_shape_device_v1.shape; 0: the newest request was set_cursor.
    uint32_t shape = 0;
};

/// A pointer that is locked or confined, or waits for it.
struct ConstraintState {
    uint64_t surface = 0;
    bool lock = false;
    bool alive = true;
    bool active = false;
    /// zwp_locked_pointer_v1.set_cursor_position_hint, logical px, and how many commits the surface
    /// had had then: it counts from the next one on.
    std::optional<std::pair<double, double>> hint;
    uint64_t hint_after = 0;
};

/// Everything that the compositor has recorded.
struct State {
    uint32_t clients = 0;  ///< connected now
    std::map<std::string, uint32_t> bound;
    std::map<uint64_t, SurfaceState> surfaces;
    std::vector<WindowState> windows;  ///< in order of creation
    CursorState cursor;
    /// The surfaces that keyboard shortcuts are inhibited for, by number.
    std::vector<uint64_t> shortcuts_inhibited;
    std::vector<ConstraintState> constraints;  ///< in order of creation
    /// wl_data_device.set_selection: how often, with which serial, and the forms of the client's
    /// source while it is the clipboard.
    uint64_t selections = 0;
    uint32_t selection_serial = 0;
    std::vector<std::string> selection_forms;
    /// Serials of xdg_wm_base.ping, and of pong.
    uint32_t last_ping = 0;
    uint32_t last_pong = 0;
    uint32_t idle_inhibitors = 0;  ///< alive
    /// xdg_activation_v1.activate: token and surface.
    std::vector<std::pair<std::string, uint64_t>> activations;

    uint64_t buffers_created = 0;
    uint64_t buffers_alive = 0;
    uint64_t buffers_held = 0;       ///< committed and not released
    uint64_t pools_created = 0;      ///< but for those of a cursor theme
    uint64_t themes_created = 0;     ///< pools of cursor themes
    uint64_t imports_asked = 0;      ///< of dma-bufs: create and create_immed
    uint64_t imports_immediate = 0;  ///< of those, by create_immed
    /// As the newest import described it.
    uint32_t import_format = 0;
    uint64_t import_modifier = 0;
    uint32_t import_planes = 0;
    uint64_t callbacks_fired = 0;
    uint64_t timelines = 0;  ///< of wp_linux_drm_syncobj_v1, that exist

    bool faulted = false;  ///< CompositorOptions::fault has happened
    /// How often each request came, for example "wl_surface.commit".
    std::map<std::string, uint64_t> requests;
    /// Requests as they were sent, and events ("-> …"), newest last; the older ones go.
    std::deque<std::string> log;
    /// What the client did wrong; a test fails for each one that it didn't take.
    std::vector<std::string> violations;

    [[nodiscard]] uint64_t count(std::string_view request) const;

    /// The window's own surface; null while there is none.
    [[nodiscard]] const SurfaceState* surface(size_t window = 0) const;
    /// The surface that shows the picture: the topmost one of the window's tree that has content,
    /// or else the window's own.
    [[nodiscard]] const SurfaceState* content(size_t window = 0) const;
    /// The content's pixels; null while there are none.
    [[nodiscard]] PictureRef picture(size_t window = 0) const;
    /// How many frames the content surface has had; 0 while there is none.
    [[nodiscard]] uint64_t frames(size_t window = 0) const;
    /// The cursor image that the client has set; null while there is none.
    [[nodiscard]] PictureRef cursor_picture() const;
    /// What a user sees of it at scale 1, over magenta; empty while there is none.
    [[nodiscard]] Picture cursor_shown() const;
    /// What a user sees of the window at scale 1, in logical px: the surface tree with its
    /// viewports and positions, sampled at pixel centres (nearest), over magenta.
    [[nodiscard]] Picture shown(size_t window = 0) const;

private:
    [[nodiscard]] const SurfaceState* find(uint64_t number) const;
    void draw(const SurfaceState& surface, Point origin, Picture& target) const;
    void blit(const SurfaceState& surface, Point origin, Picture& target) const;
};

}  // namespace oriel::test
