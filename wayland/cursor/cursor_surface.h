// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "connection/globals.h"
#include "connection/request_pacer.h"
#include "core/geometry.h"
#include "core/log.h"
#include "scanout/display.h"
#include "scanout/memory_buffer.h"
#include "surface/scale.h"
#include "surface/viewport_source.h"

namespace oriel::wayland {

/// How often cursors change on the desktop: as often as the fastest screens show one.
inline constexpr RequestPacer::Limits kCursorLimits{.burst = 8, .period = Nanoseconds{4'000'000}};

class CursorSurfaceListener {
public:
    CursorSurfaceListener() = default;
    CursorSurfaceListener(const CursorSurfaceListener&) = delete;
    CursorSurfaceListener& operator=(const CursorSurfaceListener&) = delete;

    /// CursorSurface::show() had no buffer, and would have one now.
    virtual void cursor_buffer_free() = 0;

protected:
    ~CursorSurfaceListener() = default;
};

/// A surface that shows cursor images: scaled by a viewport, or, where there is none, in the
/// buffer.
class CursorSurface {
public:
    /// All is lent and must outlive this.
    CursorSurface(const Globals& globals, CursorSurfaceListener& listener);
    CursorSurface(const CursorSurface&) = delete;
    CursorSurface& operator=(const CursorSurface&) = delete;

    [[nodiscard]] wl_surface* proxy() const { return surface_.get(); }
    /// Commits the image at the placement's size on an output of `scale`, if it isn't shown like
    /// that already. False: every buffer is with the compositor.
    [[nodiscard]] bool show(const std::shared_ptr<const CursorImage>& image,
                            const CursorPlacement& placed, Scale scale);
    /// With the next commit nothing is shown.
    void hide() {
        shown_.reset();
        wl_surface_attach(surface_.get(), nullptr, 0, 0);
    }
    /// The compositor doesn't show it any more: the next show() attaches it again.
    void forget() { shown_.reset(); }

private:
    /// A buffer that images are written to, when the compositor doesn't hold it.
    struct Slot {
        CursorSurface* owner = nullptr;
        std::shared_ptr<MemoryBuffer> memory;
        bool busy = false;
        /// The buffer holds more than the image: the viewport leaves that out.
        bool crop = false;
        Proxy<wl_buffer> buffer;
    };
    static const wl_buffer_listener kListener;

    [[nodiscard]] Slot* free_slot(Size size);
    [[nodiscard]] bool attach(const CursorImage& image, uint32_t times, Size buffer);

    const Globals& globals_;
    CursorSurfaceListener& listener_;
    /// Null: nothing, or out of date.
    std::shared_ptr<const CursorImage> shown_;
    Size size_;
    ViewportSource source_;
    /// Px of the buffer of the image that is shown, and per logical px without a viewport.
    Size buffer_size_;
    uint32_t buffer_scale_ = 1;
    bool waiting_ = false;
    std::vector<std::unique_ptr<Slot>> slots_;
    LogLimiter log_limiter_;
    Proxy<wl_surface> surface_;
    Proxy<wp_viewport> viewport_;
};

}  // namespace oriel::wayland
