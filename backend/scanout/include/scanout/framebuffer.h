// SPDX-License-Identifier: MIT
#pragma once

#include <drm_fourcc.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

#include "core/geometry.h"
#include "scanout/dmabuf_pixels.h"
#include "scanout/memory_pixels.h"
#include "scanout/vga_picture.h"

namespace oriel {

/// An immutable description of pixels that live somewhere: the only thing that a device and a
/// presenter both know of a picture.
///
/// It is one of three kinds, and nothing else: *memory pixels* (ours), *dma-buf pixels* (somebody
/// else's) and a *raw VGA picture*. Ownership is shared: a presenter may keep a framebuffer, and
/// show it, after the guest has destroyed the resource behind it.
class Framebuffer {
public:
    /// Pixels in memory of our own, never null. `format` is the DRM fourcc that the guest named;
    /// the bytes in `pixels` are always in memory order B, G, R, X/A (DRM_FORMAT_XRGB8888).
    Framebuffer(std::shared_ptr<MemoryPixels> pixels, uint32_t format);
    /// A raw VGA picture, never null.
    explicit Framebuffer(std::shared_ptr<VgaPicture> picture);
    /// Pixels that somebody else draws to, never null.
    explicit Framebuffer(std::shared_ptr<DmabufPixels> dmabuf);

    /// Unique in this process: what a presenter caches its wl_buffer or texture by.
    [[nodiscard]] uint64_t generation() const { return generation_; }
    /// In buffer px.
    [[nodiscard]] Size size() const { return size_; }
    /// The guest's format as a DRM fourcc, for reports.
    [[nodiscard]] uint32_t format() const { return format_; }

    /// Calls `visit` with the kind that this is: a MemoryPixels&, a const DmabufPixels& or a const
    /// VgaPicture&.
    template <class Visit>
    decltype(auto) visit(Visit&& visit) const {
        return std::visit(
            [&](const auto& pixels) -> decltype(auto) {
                return std::forward<Visit>(visit)(as_seen(*pixels));
            },
            pixels_);
    }
    /// The raw VGA picture, or null if this is another kind.
    [[nodiscard]] const VgaPicture* vga() const { return get_if<VgaPicture>(); }
    /// Somebody else's pixels, or null if this is another kind.
    [[nodiscard]] const DmabufPixels* dmabuf() const { return get_if<DmabufPixels>(); }

    /// Pixels for the CPU, up to date, of any kind: a raw VGA picture is rasterised, a dma-buf is
    /// copied, so a presenter that can do without asks for vga() and dmabuf() first. Null where
    /// there are none: a dma-buf that the CPU can't read, or no memory for a copy. Once there are
    /// some, there are until trim_memory().
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& memory() const;
    /// Where memory() has its pixels, as it is, for counters; null before anybody has asked for a
    /// copy. (Whether they can be published only memory() knows: bringing them up to date may take
    /// a buffer.)
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& storage() const;
    /// Pixels that memory(), and then publish() or latest(), would copy now.
    [[nodiscard]] uint64_t uncopied() const;
    /// Copies some of them, some 2 ms' worth at most: of what had changed when the first of these
    /// pieces was copied. Whether there is more to do. (CopyInTurns does it as it is meant.)
    bool copy_piece() const;
    /// The first of these pieces has been copied, and not the last: storage() is a mixture.
    [[nodiscard]] bool copy_under_way() const;
    /// Gives back the memory that is only needed while the picture is shown and changes: copies,
    /// and all but the newest of several buffers.
    void trim_memory() const;
    /// Expires with the pixels: for whoever keeps something by generation() as long as they live.
    [[nodiscard]] std::weak_ptr<const void> lifetime() const;

private:
    template <class T>
    [[nodiscard]] const T* get_if() const {
        const auto* pixels = std::get_if<std::shared_ptr<T>>(&pixels_);
        return pixels != nullptr ? pixels->get() : nullptr;
    }
    /// A presenter leases the buffers of memory pixels, and only reads the others.
    static MemoryPixels& as_seen(MemoryPixels& pixels) { return pixels; }
    static const DmabufPixels& as_seen(const DmabufPixels& pixels) { return pixels; }
    static const VgaPicture& as_seen(const VgaPicture& pixels) { return pixels; }

    uint64_t generation_;
    Size size_;
    uint32_t format_;
    std::variant<std::shared_ptr<MemoryPixels>, std::shared_ptr<DmabufPixels>,
                 std::shared_ptr<VgaPicture>>
        pixels_;
};

using FramebufferRef = std::shared_ptr<const Framebuffer>;

}  // namespace oriel
