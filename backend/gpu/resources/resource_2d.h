// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "resources/host_bytes.h"
#include "resources/resource.h"
#include "scanout/framebuffer.h"
#include "scanout/memory_pixels.h"

namespace oriel::gpu {

/// A 2D resource: pixels of ours, made when first needed, and perhaps guest memory to fill them
/// from.
class Resource2d final : public Resource {
public:
    /// `share` is of host_bytes_of(size): the resource's, and then its pixels'.
    Resource2d(uint32_t id, wire::Format format, Size size, HostBytes::Share share);

    [[nodiscard]] Size size() const { return size_; }

    /// The same object at every call, so that presenters recognise it. Null when the host has no
    /// memory.
    [[nodiscard]] FramebufferRef framebuffer();

    /// Where the first pixel of `rect` is in backing that is laid out as the picture is; drivers'
    /// transfers say the same.
    [[nodiscard]] uint64_t natural_offset(const Rect& rect) const {
        return (uint64_t{rect.y} * size_.width + rect.x) * MemoryBuffer::kBytesPerPixel;
    }

    // Resource
    [[nodiscard]] Held held() const override;
    [[nodiscard]] Resource2d* as_2d() override { return this; }
    [[nodiscard]] uint64_t host_bytes() const override { return host_bytes_of(size_); }
    [[nodiscard]] const Backing* backing() const override {
        return backing_ ? &*backing_ : nullptr;
    }
    [[nodiscard]] wire::Type attach(Backing backing) override;
    void detach() override { backing_.reset(); }
    [[nodiscard]] wire::Type transfer(const guest::GuestMemory& memory, const Rect& rect,
                                      uint64_t offset, const Rect& whole) override;
    [[nodiscard]] bool can_flush(const Rect& rect) const override { return rect.inside(size_); }
    [[nodiscard]] Region take_dirty(const Region& part) override;
    [[nodiscard]] std::optional<Size> cursor_size() const override { return size_; }
    [[nodiscard]] std::optional<uint64_t> version() const override { return version_; }
    /// Black and transparent before the first transfer.
    [[nodiscard]] bool read_cursor(std::span<uint32_t> pixels) override;

private:
    [[nodiscard]] bool make_pixels();

    wire::Format format_;
    Size size_;
    HostBytes::Share share_;
    uint64_t version_ = 0;
    std::optional<Backing> backing_;
    std::shared_ptr<MemoryPixels> pixels_;
    FramebufferRef framebuffer_;
    /// Transferred and not yet flushed.
    Region dirty_;
};

}  // namespace oriel::gpu
