// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "connection/globals.h"
#include "core/geometry.h"
#include "surface/viewport_source.h"

namespace oriel::wayland {

class SurfaceListener {
public:
    SurfaceListener() = default;
    SurfaceListener(const SurfaceListener&) = delete;
    SurfaceListener& operator=(const SurfaceListener&) = delete;

    /// The frame callback came that Surface::request_frame() asked for.
    virtual void surface_frame_done() = 0;
    /// What the compositor says about where the surface is: Surface::outputs() or
    /// preferred_scale(), or FractionalScale::preferred().
    virtual void surface_moved() = 0;

protected:
    ~SurfaceListener() = default;
};

/// Which row of a buffer comes first in memory.
enum class RowOrder { kTopFirst, kBottomFirst };

/// A wl_surface with its viewport, opaque region and frame callback. Requests are only made for
/// what changes; all of it takes effect with the next commit.
///
/// Buffers are never turned to suit the output's transform (wl_surface.set_buffer_transform):
/// a guest draws upright, so a turned buffer would be a copy of every frame, to spare the
/// compositor what its display hardware mostly does for nothing. The guest of a full screen on such
/// an output is told its upright size, see OutputState. One that lies upside down in memory is
/// shown by a transform: every compositor knows those. Of zwp_linux_buffer_params_v1's y_invert
/// Weston 14 makes a picture of one row.
class Surface {
public:
    /// All is lent and must outlive this.
    Surface(const Globals& globals, SurfaceListener& listener);
    Surface(const Surface&) = delete;
    Surface& operator=(const Surface&) = delete;

    [[nodiscard]] wl_surface* proxy() const { return surface_.get(); }
    [[nodiscard]] bool can_scale() const { return viewport_ != nullptr; }

    /// The size on screen in logical px, whatever the buffer's is. The surface is opaque. Without a
    /// viewport the buffer must have `buffer_scale` times as many px; with one that is 1.
    void set_size(Size size, uint32_t buffer_scale = 1);
    /// What is shown of the buffer, px of the picture: a part, or all of it. A part only where
    /// can_scale().
    void show_part(const Rect& part, RowOrder order = RowOrder::kTopFirst);
    void show_all(RowOrder order = RowOrder::kTopFirst);
    /// The pointer goes to what is below.
    void ignore_input();
    /// Asks for frame_done after the next commit; forgets an older request.
    void request_frame();
    void forget_frame() { frame_.reset(); }
    void commit() {
        wl_surface_commit(surface_.get());
        resized_ = false;
    }
    /// set_size() has changed something since the last commit.
    [[nodiscard]] bool resized() const { return resized_; }

    /// The globals of the outputs that the surface is on, oldest first. May name one that has gone.
    [[nodiscard]] const std::vector<uint32_t>& outputs() const { return outputs_; }
    /// wl_surface.preferred_buffer_scale; 0 before the compositor has said.
    [[nodiscard]] uint32_t preferred_scale() const { return preferred_scale_; }

private:
    static const wl_surface_listener kListener;
    static const wl_callback_listener kFrameListener;

    void entered(uint32_t output);
    void left(uint32_t output);
    void turn(RowOrder order);

    const Globals& globals_;
    SurfaceListener& listener_;
    Size size_;
    uint32_t buffer_scale_ = 1;
    bool resized_ = false;
    ViewportSource source_;
    RowOrder order_ = RowOrder::kTopFirst;
    std::vector<uint32_t> outputs_;
    uint32_t preferred_scale_ = 0;
    Proxy<wl_surface> surface_;
    Proxy<wp_viewport> viewport_;
    Proxy<wl_callback> frame_;
};

}  // namespace oriel::wayland
