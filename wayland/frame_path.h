// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/geometry.h"
#include "scanout/framebuffer.h"
#include "surface.h"

namespace oriel::wayland {

/// One way of getting a window's pictures to the compositor.
class FramePath {
public:
    FramePath() = default;
    FramePath(const FramePath&) = delete;
    FramePath& operator=(const FramePath&) = delete;
    virtual ~FramePath() = default;

    /// "shm" or "upload", for the statistics.
    [[nodiscard]] virtual const char* name() const = 0;

    /// Whether show() can be called now; otherwise ask again after a release.
    [[nodiscard]] virtual bool ready(const Framebuffer& framebuffer) const = 0;

    /// Attaches the `source` part of the framebuffer to `surface`, damages what has changed since
    /// the last show() of this window (`damage`, framebuffer coordinates, inside `source`) and
    /// commits. What else belongs to the commit (frame callback, viewport) has been requested.
    /// False if it could not: nothing was attached or committed.
    virtual bool show(Surface& surface, const Framebuffer& framebuffer, const Rect& source,
                      const Region& damage) = 0;

    /// The compositor's frame callback for the last show() came.
    virtual void latched() {}
    /// The window will show something else on this surface, or destroy it.
    virtual void leave(Surface& surface) = 0;
    /// Gives back what only pictures need that don't exist any more.
    virtual void trim() {}
    /// The connection is gone: nobody reads buffers any more.
    virtual void connection_lost() {}

    /// Bytes of pixels that show() has copied so far.
    [[nodiscard]] virtual uint64_t bytes_copied() const { return 0; }
};

}  // namespace oriel::wayland
