// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include <algorithm>
#include <string>

#include "core/geometry.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// What a configure of a window asks for.
struct ToplevelState {
    /// The content's size, without a frame of our own; logical px; 0x0: the window decides.
    Size size;
    /// Maximised, fullscreen or tiled: `size` is not the window's to choose.
    bool imposed = false;
    bool fullscreen = false;
    bool maximized = false;
    /// The user drags an edge.
    bool resizing = false;
    /// Nobody can see the window (xdg_wm_base 6).
    bool suspended = false;
};

class ToplevelListener {
public:
    ToplevelListener() = default;
    ToplevelListener(const ToplevelListener&) = delete;
    ToplevelListener& operator=(const ToplevelListener&) = delete;

    /// A new state, acknowledged with the next commit of the surface at the latest; that commit
    /// must follow.
    virtual void configured(const ToplevelState& state) = 0;
    virtual void close_asked() = 0;

protected:
    ~ToplevelListener() = default;
};

/// A side of a window as a compositor says it, in logical px: cut off where no guest has more, at
/// scale 1.
[[nodiscard]] inline uint32_t limited_side(int32_t px) {
    return static_cast<uint32_t>(std::clamp(px, 0, static_cast<int32_t>(MemoryBuffer::kMaxSide)));
}

/// What makes a surface a desktop window: an xdg_toplevel of its own, or one inside a frame that
/// is drawn in this process.
class ToplevelRole {
public:
    ToplevelRole() = default;
    ToplevelRole(const ToplevelRole&) = delete;
    ToplevelRole& operator=(const ToplevelRole&) = delete;
    virtual ~ToplevelRole() = default;

    virtual void set_title(const std::string& title) = 0;
    virtual void set_app_id(const std::string& app_id) = 0;
    /// Null: an output of the compositor's choice.
    virtual void set_fullscreen(wl_output* output) = 0;
    virtual void unset_fullscreen() = 0;
    virtual void set_maximized() = 0;
    /// The content's least size, logical px; 0: no limit. Takes effect with the next commit.
    virtual void set_min_size(Size size) = 0;
    virtual void set_max_size(Size size) = 0;
    /// The surface's next commit has content of that size, logical px.
    virtual void prepare_commit(Size content) = 0;
};

}  // namespace oriel::wayland
