// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "connection/globals.h"
#include "core/log.h"
#include "frames/frame_path.h"
#include "protocol/core.h"
#include "scanout/magnified_pixels.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// wl_shm: the compositor reads the memory that the guest's transfers were written to. Nothing is
/// copied here, but for a picture at a whole multiple of its size: of that a magnified copy is
/// kept, and the compositor reads it instead.
///
/// A part of a larger picture becomes a wl_buffer of its own that starts at the part's corner, with
/// the picture's stride. So no viewport source is needed, which compositors without wp_viewporter
/// lack and whose bounds are easily violated. KWin needs it the other way round (shm_part()).
class ShmPath final : public FramePath {
public:
    /// `globals` is lent and must outlive this.
    ShmPath(const Globals& globals, PathEvents events);
    ~ShmPath() override;

    [[nodiscard]] const char* name() const override { return "shm"; }
    void magnify(uint32_t times) override { wanted_times_ = times; }
    [[nodiscard]] uint32_t times() const override { return times_; }
    [[nodiscard]] bool times_changed() const override { return times_ != wanted_times_; }
    Readiness prepare(const FramebufferRef& framebuffer) override;
    [[nodiscard]] std::string_view refusal(const Framebuffer& framebuffer) const override {
        return framebuffer.memory() ? std::string_view{} : "shm: the CPU can't read the picture";
    }
    std::optional<CommittedFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                       const Rect& source, const Region& damage) override;
    void latched() override;
    void leave(Surface&) override { forget_copy(); }
    void trim() override;
    void connection_lost() override;
    [[nodiscard]] uint64_t bytes_copied() const override;

    /// For tests: wl_shm_pools and wl_buffers that exist now.
    [[nodiscard]] size_t pool_count() const { return pools_.size(); }
    [[nodiscard]] size_t buffer_count() const;

private:
    struct Use;
    struct Pool;
    static const wl_buffer_listener kListener;

    [[nodiscard]] Pool& pool_for(const std::shared_ptr<MemoryBuffer>& memory);
    [[nodiscard]] Use& use_for(Pool& pool, const Rect& source);
    void prune();
    /// The magnified copy, up to date; null if there is no memory for it.
    [[nodiscard]] MagnifiedPixels* copy(const FramebufferRef& framebuffer, const Rect& source,
                                        Region damage);
    void forget_copy();

    const Globals& globals_;
    PathEvents events_;
    /// By MemoryBuffer::id(); a handful.
    std::vector<std::unique_ptr<Pool>> pools_;
    /// The last one shown, null if it has been released.
    Use* shown_ = nullptr;

    uint32_t wanted_times_ = 1;
    /// Of what was shown last.
    uint32_t times_ = 1;
    /// What was shown last if that was magnified, else null.
    std::unique_ptr<MagnifiedPixels> copy_;
    /// Framebuffer::generation() of which copy_ is, and which part.
    uint64_t copy_of_ = 0;
    Rect copied_;
    uint64_t bytes_copied_before_ = 0;
    LogLimiter log_limiter_;
};

}  // namespace oriel::wayland
