// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>

#include "surface/surface.h"

namespace oriel::wayland {

/// Who gave the compositor a buffer.
class ReleaseListener {
public:
    ReleaseListener() = default;
    ReleaseListener(const ReleaseListener&) = delete;
    ReleaseListener& operator=(const ReleaseListener&) = delete;

    /// The compositor has done with the newest commit of it.
    virtual void buffer_released() = 0;

protected:
    ~ReleaseListener() = default;
};

/// Explicit synchronisation of one window's commits: another way than wl_buffer.release to learn
/// that the compositor has done with a buffer. An interface, because not every build has one.
class ReleasePoints {
public:
    /// What is kept for a wl_buffer. Without it nobody is told any more.
    class Buffer {
    public:
        Buffer() = default;
        Buffer(const Buffer&) = delete;
        Buffer& operator=(const Buffer&) = delete;
        virtual ~Buffer() = default;
    };

    ReleasePoints() = default;
    ReleasePoints(const ReleasePoints&) = delete;
    ReleasePoints& operator=(const ReleasePoints&) = delete;
    virtual ~ReleasePoints() = default;

    /// Which device's timelines are to be used; the first one counts.
    virtual void use_device(dev_t device) = 0;
    /// To be called before a commit on `surface` that attaches a wl_buffer whose pixels are
    /// complete. True: that commit has points, wl_buffer.release means nothing for it, and
    /// `released` is told once, on the loop, when the compositor has done with this commit; not
    /// if the same buffer is committed again before, and not after `buffer` (filled by the first
    /// call) is gone, which it must outlive. False: it has none, and wl_buffer.release tells.
    [[nodiscard]] virtual bool add(Surface& surface, std::unique_ptr<Buffer>& buffer,
                                   ReleaseListener& released) = 0;
    /// What is committed on `surface` from now on has no points.
    virtual void leave(const Surface& surface) = 0;
};

}  // namespace oriel::wayland
