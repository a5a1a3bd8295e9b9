// SPDX-License-Identifier: MIT
#pragma once

#include <drm_fourcc.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "core/geometry.h"
#include "scanout/dmabuf_pixels.h"
#include "scanout/memory_pixels.h"
#include "scanout/vga_picture.h"

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

    /// A raw VGA picture, never null.
    explicit Framebuffer(std::shared_ptr<VgaPicture> picture)
        : generation_{next_generation()},
          format_{DRM_FORMAT_XRGB8888},
          pixels_{picture->storage()},
          vga_{std::move(picture)} {}

    /// Pixels that a guest draws to itself, never null.
    explicit Framebuffer(std::shared_ptr<DmabufPixels> dmabuf)
        : generation_{next_generation()},
          format_{dmabuf->layout().fourcc},
          pixels_{dmabuf->storage()},
          dmabuf_{std::move(dmabuf)} {}

    /// Unique in this process: what a presenter caches its wl_buffer or texture by.
    [[nodiscard]] uint64_t generation() const { return generation_; }
    /// In buffer px.
    [[nodiscard]] Size size() const { return pixels_->size(); }
    /// The guest's format as a DRM fourcc, for reports.
    [[nodiscard]] uint32_t format() const { return format_; }
    /// The picture as pixels, up to date; never null. A raw VGA picture is rasterised for it and
    /// what a guest has drawn itself is copied, so a presenter that can do without asks for vga()
    /// and dmabuf() first.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& memory() const {
        if (vga_) {
            return vga_->pixels();
        }
        return dmabuf_ ? dmabuf_->pixels() : pixels_;
    }
    /// Where memory() has its pixels, as it is: for counters. (Whether they can be published only
    /// memory() knows: bringing them up to date may take a buffer.)
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& storage() const { return pixels_; }
    /// The raw VGA picture, or null if this is none.
    [[nodiscard]] const VgaPicture* vga() const { return vga_.get(); }
    /// The guest's own pixels, or null if this is another kind.
    [[nodiscard]] const DmabufPixels* dmabuf() const { return dmabuf_.get(); }

private:
    static uint64_t next_generation() {
        static uint64_t last = 0;
        return ++last;
    }

    uint64_t generation_;
    uint32_t format_;
    std::shared_ptr<MemoryPixels> pixels_;
    std::shared_ptr<VgaPicture> vga_;
    std::shared_ptr<DmabufPixels> dmabuf_;
};

using FramebufferRef = std::shared_ptr<const Framebuffer>;

}  // namespace oriel
