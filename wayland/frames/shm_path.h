// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include "connection/globals.h"
#include "core/log.h"
#include "frames/frame_path.h"
#include "frames/scaled_copy.h"
#include "protocol/core.h"
#include "scanout/copy_in_turns.h"
#include "scanout/framebuffer_cache.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// wl_shm: the compositor reads the memory that the guest's transfers were written to. Nothing is
/// copied here, but for a picture whose buffer has another size: of that a copy is kept, and the
/// compositor reads it instead.
///
/// A part of a larger picture becomes a wl_buffer of its own that starts at the part's corner, with
/// the picture's stride. So no viewport source is needed, which compositors without wp_viewporter
/// lack and whose bounds are easily violated. KWin needs it the other way round (shm_part()).
///
/// The compositor never holds more than kMaxHeld of its buffers, of whatever pictures: where it
/// gives none back, pictures wait. So one that never does costs no more than a bounded number of
/// memfds, and a guest the frames that nobody would have seen.
class ShmPath final : public FramePath {
public:
    /// What is lent must outlive this.
    ShmPath(EventLoop& loop, const Globals& globals, PathListener& listener);
    ~ShmPath() override;

    [[nodiscard]] bool shape_changed() const override { return shape_ != wanted_; }
    Readiness prepare(const FramebufferRef& framebuffer, const BufferShape& shape) override;
    [[nodiscard]] std::string_view refusal(const Framebuffer& framebuffer) const override {
        return framebuffer.memory() ? std::string_view{} : "shm: the CPU can't read the picture";
    }
    std::optional<ShownFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                   const Rect& source, const Region& damage) override;
    void latched() override;
    void leave(Surface&) override { forget_copy(); }
    [[nodiscard]] bool holds_buffers() const override { return held_ != 0; }
    void trim() override;
    void connection_lost() override;

private:
    /// What one picture has, all of which a compositor with frames of its own in flight may hold.
    static constexpr size_t kMaxHeld = MemoryPixels::kMaxBuffers;

    /// A wl_buffer. While the compositor holds it, it is never attached again: wl_buffer.release
    /// doesn't say which of two attaches it ends.
    struct Buffer {
        ShmPath& owner;
        Rect source;
        BufferLease lease;
        Proxy<wl_buffer> proxy;
    };
    /// One of a picture's buffers, as the compositor knows it.
    struct Pool {
        explicit Pool(const std::shared_ptr<MemoryBuffer>& its_memory) : memory{its_memory} {}
        [[nodiscard]] bool held() const;

        std::shared_ptr<MemoryBuffer> memory;
        Proxy<wl_shm_pool> proxy;
        std::list<Buffer> buffers;
    };
    static const wl_buffer_listener kListener;

    [[nodiscard]] Pool& pool_for(const std::shared_ptr<MemoryBuffer>& memory);
    [[nodiscard]] Buffer& buffer_for(Pool& pool, const Rect& source);
    void released(Buffer& buffer);
    void prune();
    /// The copy of the wanted shape, up to date; null if there is no memory for it.
    [[nodiscard]] ScaledCopy* copy(const FramebufferRef& framebuffer, const Rect& source,
                                   Region damage);
    void forget_copy();

    const Globals& globals_;
    PathListener& listener_;
    CopyInTurns copies_;
    /// By MemoryBuffer::id().
    FramebufferCache<Pool> pools_;
    /// Buffers that the compositor holds.
    size_t held_ = 0;
    /// The last one shown, null if it has been released.
    Buffer* shown_ = nullptr;

    BufferShape wanted_;
    /// That of the picture shown last.
    BufferShape shape_;
    /// What was shown last if that was a copy, else null.
    std::unique_ptr<ScaledCopy> copy_;
    /// Framebuffer::generation() of which copy_ is, and which part.
    uint64_t copy_of_ = 0;
    Rect copied_;
    LogLimiter log_limiter_;
};

}  // namespace oriel::wayland
