// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/geometry.h"
#include "scanout/framebuffer.h"
#include "scanout/pacing.h"
#include "surface/scale.h"
#include "surface/surface.h"

namespace oriel::wayland {

/// Whether a path can show a framebuffer.
enum class Readiness : uint8_t {
    kReady,    ///< show() can be called now
    kLater,    ///< ask again after PathListener::path_ready() or path_choice_changed()
    kRefused,  ///< not before path_choice_changed(); refusal() says why
};

/// What a path tells its window.
class PathListener {
public:
    PathListener() = default;
    PathListener(const PathListener&) = delete;
    PathListener& operator=(const PathListener&) = delete;

    /// A buffer of ours has come back: a picture that waits for one may be shown.
    virtual void path_ready() = 0;
    /// prepare() may have another answer for some framebuffer: the compositor has taken or refused
    /// one, or the time for that has passed; its formats have changed.
    virtual void path_choice_changed() = 0;
    /// Nobody reads this buffer of the guest's any more (CommittedFrame::buffer).
    virtual void path_released(uint64_t buffer) = 0;

protected:
    ~PathListener() = default;
};

/// What a path has committed.
struct ShownFrame {
    CommittedFrame committed;
    /// "direct", "gles", "upload" or "shm", for the statistics.
    const char* way = "none";
    /// Synchronised by points of the path's own (wp_linux_drm_syncobj_v1).
    bool explicit_sync = false;
    /// How many px wide and high each px of the guest is in the buffer.
    uint32_t times = 1;
    /// The buffer has another size than a whole multiple: its px are mixed from the guest's.
    bool filtered = false;
    /// Bytes of pixels that were copied for it.
    uint64_t bytes_copied = 0;
};

/// One way of getting a window's pictures to the compositor.
class FramePath {
public:
    FramePath() = default;
    FramePath(const FramePath&) = delete;
    FramePath& operator=(const FramePath&) = delete;
    virtual ~FramePath() = default;

    /// Makes what show() needs, if it isn't there yet. Cheap when it is; called for each flush.
    /// Paths that write buffers of their own make them of that `shape`; one that gives the guest's
    /// away leaves it to the compositor, and refuses one that must be exact.
    virtual Readiness prepare(const FramebufferRef& framebuffer, const BufferShape& shape) = 0;
    /// Whether show() would make a buffer of another shape now than it did last.
    [[nodiscard]] virtual bool shape_changed() const { return false; }
    /// What show() would give away is framebuffer->dmabuf() itself, not a copy of it. Of a
    /// framebuffer that prepare() doesn't refuse.
    [[nodiscard]] virtual bool in_place(const Framebuffer&) const { return false; }
    /// Why prepare() refuses, or why the path can only do less than its best for this one, in one
    /// line. Lent until the next call of anything here.
    [[nodiscard]] virtual std::string_view refusal(const Framebuffer&) const { return {}; }
    /// Why show() takes whole framebuffers only; empty if it takes parts, too.
    [[nodiscard]] virtual std::string_view crop_refusal() const { return {}; }

    /// Attaches the `source` part of the framebuffer to `surface`, damages what has changed since
    /// the last show() of this window (`damage`, framebuffer coordinates, inside `source`) and
    /// commits. Only when kReady. What else belongs to the commit (frame callback, viewport) has
    /// been requested. Nothing if it could not: nothing was attached or committed.
    virtual std::optional<ShownFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                           const Rect& source, const Region& damage) = 0;

    /// The compositor's frame callback for the last show() came.
    virtual void latched() {}
    /// The window will show something else on this surface, or destroy it.
    virtual void leave(Surface& surface) = 0;
    /// The compositor, or our GPU, still reads buffers that this path gave it: it must not end yet.
    [[nodiscard]] virtual bool holds_buffers() const { return false; }
    /// Gives back what only pictures need that don't exist any more.
    virtual void trim() {}
    /// The connection is gone: nobody reads buffers any more.
    virtual void connection_lost() {}
};

/// Stands in a list, at its rank, for a path that can't be had.
class MissingPath final : public FramePath {
public:
    explicit MissingPath(std::string why) : why_{std::move(why)} {}

    Readiness prepare(const FramebufferRef&, const BufferShape&) override {
        return Readiness::kRefused;
    }
    [[nodiscard]] std::string_view refusal(const Framebuffer&) const override { return why_; }
    std::optional<ShownFrame> show(Surface&, const FramebufferRef&, const Rect&,
                                   const Region&) override {
        return std::nullopt;
    }
    void leave(Surface&) override {}

private:
    std::string why_;
};

}  // namespace oriel::wayland
