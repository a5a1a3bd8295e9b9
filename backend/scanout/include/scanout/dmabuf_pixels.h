// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "core/geometry.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/memory_pixels.h"

namespace oriel {

/// How pixels lie in a buffer. The formats that virtio-gpu knows have one plane of 4 bytes a pixel.
struct PixelLayout {
    Size size;              ///< buffer px, not empty, each side at most MemoryBuffer::kMaxSide
    uint32_t fourcc = 0;    ///< DRM_FORMAT_…
    uint64_t modifier = 0;  ///< DRM_FORMAT_MOD_LINEAR unless somebody says otherwise
    uint32_t offset = 0;    ///< of the first pixel, bytes
    uint32_t stride = 0;    ///< bytes from a row to the next; at least a row's
    friend bool operator==(const PixelLayout&, const PixelLayout&) = default;
};

/// Pixels in memory that a guest draws to itself: a dma-buf for whoever can take one, and a copy in
/// memory of our own for everybody else.
///
/// The device that has them derives from this. It must not write to them, and says by changed()
/// what the guest has flushed. Between a flush and its answer they are a presenter's to read; later
/// the guest may be drawing.
class DmabufPixels {
public:
    DmabufPixels(const DmabufPixels&) = delete;
    DmabufPixels& operator=(const DmabufPixels&) = delete;
    virtual ~DmabufPixels() = default;

    [[nodiscard]] const PixelLayout& layout() const { return layout_; }

    /// The dma-buf, exported by the first call and kept: lent. Layout offsets are in it. The error
    /// is one line that says what is missing, what happens instead, and how to get it.
    [[nodiscard]] const Result<UniqueFd>& dmabuf() const {
        if (!exported_) {
            exported_.emplace(export_dmabuf());
        }
        return *exported_;
    }

    /// The picture in memory of our own, never null: copies what has changed since the last call
    /// and nothing else, so a picture that nobody asks for is never copied. What can't be read any
    /// more (the guest has taken the memory away) stays as it was.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& pixels();
    /// The same memory as it is, for looking at its counters.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& storage() const { return copy_; }
    /// How often pixels() has copied anything.
    [[nodiscard]] uint64_t copies() const { return copies_; }
    /// Where what pixels() returns differs from what it was when copies() was `then`: guests tend
    /// to claim the whole screen, and copying compares. All of it where nobody remembers.
    [[nodiscard]] Region changed_since(uint64_t then) const;

protected:
    /// `copy` has the layout's size, and costs nothing until it is written to.
    DmabufPixels(const PixelLayout& layout, std::shared_ptr<MemoryPixels> copy);

    [[nodiscard]] virtual Result<UniqueFd> export_dmabuf() const = 0;
    /// The rows to copy from, converted to memory order B, G, R, X/A, or null if they can't be read
    /// now. Lent until the next call.
    [[nodiscard]] virtual RowSource* rows() = 0;

    /// The guest says that these pixels (inside the picture) are not what they were.
    void changed(const Region& damage);

private:
    PixelLayout layout_;
    std::shared_ptr<MemoryPixels> copy_;
    /// Where the copy is older than the picture.
    Region stale_;
    uint64_t copies_ = 0;
    /// What the last copies found, newest last.
    std::deque<Region> found_;
    mutable std::optional<Result<UniqueFd>> exported_;
};

}  // namespace oriel
