// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/geometry.h"
#include "scanout/framebuffer.h"
#include "scanout/pacing.h"
#include "surface/surface.h"

namespace oriel::wayland {

/// Whether a path can show a framebuffer.
enum class Readiness : uint8_t {
    kReady,    ///< show() can be called now
    kLater,    ///< ask again after PathEvents::changed
    kRefused,  ///< never; refusal() says why
};

/// What a path tells its window.
struct PathEvents {
    /// prepare() may have another answer for some framebuffer: a buffer of ours has come back, the
    /// compositor has taken or refused one, its formats have changed.
    std::function<void()> changed;
    /// Nobody reads this buffer of the guest's any more (CommittedFrame::buffer).
    std::function<void(uint64_t buffer)> released;
};

/// One way of getting a window's pictures to the compositor.
class FramePath {
public:
    FramePath() = default;
    FramePath(const FramePath&) = delete;
    FramePath& operator=(const FramePath&) = delete;
    virtual ~FramePath() = default;

    /// "direct", "gles", "upload" or "shm", for the statistics: of the picture shown last.
    [[nodiscard]] virtual const char* name() const = 0;

    /// Makes what show() needs, if it isn't there yet. Cheap when it is; called for each flush.
    virtual Readiness prepare(const FramebufferRef& framebuffer) = 0;
    /// From now on each px of the guest is to be `times` px wide and high in the buffer, by copies
    /// of it. Only paths that write buffers of their own do that; one that gives the guest's away
    /// leaves it to the compositor. Comes before the prepare() of the picture that it is for.
    virtual void magnify(uint32_t /*times*/) {}
    /// What the last show() made of that.
    [[nodiscard]] virtual uint32_t times() const { return 1; }
    /// Whether it would make something else of it now.
    [[nodiscard]] virtual bool times_changed() const { return false; }
    /// What show() would give away is framebuffer->dmabuf() itself, not a copy of it. Of a
    /// framebuffer that prepare() doesn't refuse.
    [[nodiscard]] virtual bool in_place(const Framebuffer&) const { return false; }
    /// Why prepare() refuses, or why the path can only do less than its best for this one, in one
    /// line. Asked with each frame, so it is lent until the next call of anything here.
    [[nodiscard]] virtual std::string_view refusal(const Framebuffer&) const { return {}; }
    /// Why show() takes whole framebuffers only; empty if it takes parts, too.
    [[nodiscard]] virtual std::string_view crop_refusal() const { return {}; }

    /// Attaches the `source` part of the framebuffer to `surface`, damages what has changed since
    /// the last show() of this window (`damage`, framebuffer coordinates, inside `source`) and
    /// commits. Only when kReady. What else belongs to the commit (frame callback, viewport) has
    /// been requested. Nothing if it could not: nothing was attached or committed.
    virtual std::optional<CommittedFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                               const Rect& source, const Region& damage) = 0;

    /// The last show() was synchronised by points of the path's own (wp_linux_drm_syncobj_v1).
    [[nodiscard]] virtual bool explicit_sync() const { return false; }

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

/// Stands in a list, at its rank, for a path that can't be had.
class MissingPath final : public FramePath {
public:
    MissingPath(const char* name, std::string why) : name_{name}, why_{std::move(why)} {}

    [[nodiscard]] const char* name() const override { return name_; }
    Readiness prepare(const FramebufferRef&) override { return Readiness::kRefused; }
    [[nodiscard]] std::string_view refusal(const Framebuffer&) const override { return why_; }
    std::optional<CommittedFrame> show(Surface&, const FramebufferRef&, const Rect&,
                                       const Region&) override {
        return std::nullopt;
    }
    void leave(Surface&) override {}

private:
    const char* name_;
    std::string why_;
};

}  // namespace oriel::wayland
