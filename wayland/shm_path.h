// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "frame_path.h"
#include "globals.h"
#include "proxies.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// wl_shm: the compositor reads the memory that the guest's transfers were written to. Nothing is
/// copied here.
///
/// A part of a larger picture becomes a wl_buffer of its own that starts at the part's corner, with
/// the picture's stride. So no viewport source is needed, which compositors without wp_viewporter
/// lack and whose bounds are easily violated.
class ShmPath final : public FramePath {
public:
    /// `globals` is lent and must outlive this.
    ShmPath(const Globals& globals, PathEvents events);
    ~ShmPath() override;

    [[nodiscard]] const char* name() const override { return "shm"; }
    Readiness prepare(const FramebufferRef& framebuffer) override;
    std::optional<CommittedFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                       const Rect& source, const Region& damage) override;
    void latched() override;
    void leave(Surface&) override {}
    void trim() override { prune(); }
    void connection_lost() override;

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

    const Globals& globals_;
    PathEvents events_;
    /// By MemoryBuffer::id(); a handful.
    std::vector<std::unique_ptr<Pool>> pools_;
    /// The last one shown, null if it has been released.
    Use* shown_ = nullptr;
};

}  // namespace oriel::wayland
