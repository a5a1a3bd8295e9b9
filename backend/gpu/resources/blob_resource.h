// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "guest/dmabuf_exporter.h"
#include "resources/blob_pixels.h"
#include "resources/host_bytes.h"
#include "resources/resource.h"
#include "scanout/framebuffer.h"

namespace oriel::gpu {

/// What a scanout shows of a blob.
struct BlobPicture {
    FramebufferRef framebuffer;
    std::shared_ptr<BlobPixels> pixels;
};

/// A blob in guest memory (virtio 1.2, 5.7.6.8, RESOURCE_CREATE_BLOB): pixels of the guest's, of a
/// layout that each SET_SCANOUT_BLOB says anew.
///
/// Nothing is ever transferred: TRANSFER_TO_HOST_2D is accepted and does nothing, because Linux
/// sends it for each buffer that its CPU draws to. After DETACH_BACKING (Linux before it gives an
/// imported buffer back) nobody reads the pages any more, but a scanout keeps the picture that it
/// shows; new backing makes new pictures.
class BlobResource final : public Resource {
public:
    /// How many layouts are remembered, so that a page flip finds its framebuffer again.
    static constexpr size_t kMaxPictures = 4;
    /// The side of a cursor in a blob, which has no size of its own. Linux' driver and other
    /// devices know no other; a blob of exactly 128x128 (Intel's driver for Windows) or 256x256
    /// pixels is one of that size. Rows without padding.
    static constexpr uint32_t kCursorSide = 64;

    /// `memory` and `exporter` are lent and must outlive this. `attach()` it before anything else.
    BlobResource(uint32_t id, uint64_t size, const guest::GuestMemory& memory,
                 guest::DmabufExporter& exporter);
    ~BlobResource() override;

    [[nodiscard]] uint64_t size() const { return size_; }

    /// A picture that was made before, while what it was made of is where it was; else null.
    [[nodiscard]] const BlobPicture* find(const BlobLayout& layout);
    /// A new one, or ERR_UNSPEC without backing, ERR_INVALID_PARAMETER where the layout leaves the
    /// blob.
    /// `share` is of what the picture takes.
    [[nodiscard]] tl::expected<BlobPicture, wire::Type> make(const BlobLayout& layout,
                                                             HostBytes::Share share);
    /// Forgets pictures that nobody shows.
    void forget_idle_pictures();

    // Resource
    [[nodiscard]] Held held() const override;
    [[nodiscard]] BlobResource* as_blob() override { return this; }
    [[nodiscard]] uint64_t host_bytes() const override;
    [[nodiscard]] const Backing* backing() const override {
        return memory_ ? memory_->backing() : nullptr;
    }
    /// ERR_INVALID_PARAMETER where it is smaller than the blob, has entries that are no whole
    /// pages, or a page twice.
    [[nodiscard]] wire::Type attach(Backing backing) override;
    void detach() override;
    [[nodiscard]] wire::Type transfer(const guest::GuestMemory& memory, const Rect& rect,
                                      uint64_t offset, const Rect& whole) override;
    /// A blob has no size in pixels: what lies outside of a scanout's framebuffer is left out.
    [[nodiscard]] bool can_flush(const Rect& rect) const override;
    /// All of it: only the flush says what the guest has drawn.
    [[nodiscard]] Region take_dirty(const Region& part) override { return part; }
    [[nodiscard]] std::optional<Size> cursor_size() const override;
    [[nodiscard]] std::optional<uint64_t> version() const override { return std::nullopt; }
    [[nodiscard]] bool read_cursor(std::span<uint32_t> pixels) override;

private:
    uint64_t size_;
    const guest::GuestMemory& guest_memory_;
    guest::DmabufExporter& exporter_;
    std::shared_ptr<BlobMemory> memory_;
    /// The one used last is the last one. All made at epoch_.
    std::vector<BlobPicture> pictures_;
    uint64_t epoch_ = 0;
};

}  // namespace oriel::gpu
