// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "core/geometry.h"
#include "scanout/memory_pixels.h"

namespace oriel {

/// An immutable description of pixels that live somewhere: the only thing that a device and a
/// presenter both know of a picture.
///
/// Ownership is shared: a presenter may keep a framebuffer, and show it, after the guest has
/// destroyed the resource behind it.
class Framebuffer {
public:
    /// Pixels in memory of our own, never null. `format` is the DRM fourcc that the guest named;
    /// the bytes in `pixels` are always in memory order B, G, R, X/A (DRM_FORMAT_XRGB8888).
    Framebuffer(std::shared_ptr<MemoryPixels> pixels, uint32_t format)
        : generation_{next_generation()}, format_{format}, pixels_{std::move(pixels)} {}

    /// Unique in this process: what a presenter caches its wl_buffer or texture by.
    [[nodiscard]] uint64_t generation() const { return generation_; }
    /// In buffer px.
    [[nodiscard]] Size size() const { return pixels_->size(); }
    /// The guest's format as a DRM fourcc, for reports.
    [[nodiscard]] uint32_t format() const { return format_; }
    /// Never null.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& memory() const { return pixels_; }

private:
    static uint64_t next_generation() {
        static uint64_t last = 0;
        return ++last;
    }

    uint64_t generation_;
    uint32_t format_;
    std::shared_ptr<MemoryPixels> pixels_;
};

using FramebufferRef = std::shared_ptr<const Framebuffer>;

}  // namespace oriel
