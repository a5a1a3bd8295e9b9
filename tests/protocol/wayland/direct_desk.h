// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "presenter_desk.h"
#include "support/memfd_dmabuf.h"

namespace oriel::test {

/// A guest's buffer on a scanout, as a virtio-gpu device makes one.
class GuestBuffer {
public:
    /// Black, in buffer px.
    explicit GuestBuffer(Size size, const MemfdDmabuf::Options& options = {});

    [[nodiscard]] const FramebufferRef& framebuffer() const { return framebuffer_; }
    [[nodiscard]] MemfdDmabuf& pixels() const { return *pixels_; }
    [[nodiscard]] Rect all() const { return Rect::of(framebuffer_->size()); }
    /// The guest destroys the resource.
    void destroy();

    /// Draws all of it in one colour, in the format's own bits.
    void fill(uint32_t word);
    /// Every pixel another colour (of XR24 and AR24), with all kinds of alpha.
    void scribble(uint32_t seed);
    /// What a compositor must see after scribble(seed): opaque.
    [[nodiscard]] static Picture scribbled(const Rect& part, uint32_t seed);

private:
    std::shared_ptr<MemfdDmabuf> pixels_;
    FramebufferRef framebuffer_;
};

/// A presenter on the direct path, on a compositor that takes dma-bufs.
struct DirectDesk : PresenterDesk {
    /// `open_sync_device`: PresenterOptions'.
    explicit DirectDesk(CompositorOptions options = {}, size_t screens = 1,
                        wayland::OpenSyncDevice open_sync_device = {});

    void attach(const GuestBuffer& buffer, ScanoutId scanout = 0);
    void flip(const GuestBuffer& buffer, ScanoutId scanout = 0);
    /// Attaches, flushes all, and waits until nothing happens any more.
    void show(const GuestBuffer& buffer, ScanoutId scanout = 0);
    [[nodiscard]] const std::string& path() const { return stats().path; }
    [[nodiscard]] bool reason_has(std::string_view part) const {
        return stats().path_reason.find(part) != std::string::npos;
    }
};

/// The compositor options of this file's tests: what `options` says, and zwp_linux_dmabuf_v1 3
/// where they say nothing of it.
[[nodiscard]] CompositorOptions with_dmabuf(CompositorOptions options = {}, uint32_t version = 3);

}  // namespace oriel::test
