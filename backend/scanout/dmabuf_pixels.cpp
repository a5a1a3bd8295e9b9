// SPDX-License-Identifier: MIT
#include "scanout/dmabuf_pixels.h"

#include <linux/dma-buf.h>
#include <sys/ioctl.h>

#include <cassert>
#include <cerrno>
#include <utility>

namespace oriel {
namespace {

// Where nobody asks for the copy, what a guest changes here and there must not pile up.
constexpr size_t kMaxStaleRects = 512;
// A picture in two windows, one of which takes a few frames less than the other.
constexpr size_t kRemembered = 8;

/// Brackets what the CPU reads of a dma-buf (Documentation/driver-api/dma-buf.rst, "CPU Access to
/// DMA Buffer Objects"): where devices write past the CPU's caches, only this shows it what they
/// wrote.
class CpuRead {
public:
    /// `fd` is lent and outlives this; -1 does nothing.
    explicit CpuRead(int fd) : fd_{fd} { sync(DMA_BUF_SYNC_START); }
    CpuRead(const CpuRead&) = delete;
    CpuRead& operator=(const CpuRead&) = delete;
    ~CpuRead() { sync(DMA_BUF_SYNC_END); }

private:
    void sync(uint64_t edge) const {
        dma_buf_sync request{edge | DMA_BUF_SYNC_READ};
        // A failure means that the exporter has nothing to do (ENOTTY: no dma-buf, a test's memfd).
        while (fd_ >= 0 && ::ioctl(fd_, DMA_BUF_IOCTL_SYNC, &request) != 0 && errno == EINTR) {
        }
    }

    int fd_;
};

}  // namespace

DmabufPixels::DmabufPixels(const PixelLayout& layout, std::shared_ptr<MemoryPixels> copy)
    : layout_{layout}, copy_{std::move(copy)}, stale_{Rect::of(layout.size)} {
    assert(copy_ && copy_->size() == layout_.size);
}

void DmabufPixels::changed(const Region& damage) {
    stale_.add(damage);
    if (stale_.rect_count() > kMaxStaleRects) {
        stale_ = Region{stale_.bounds()};
    }
}

const std::shared_ptr<MemoryPixels>& DmabufPixels::pixels() {
    RowSource* source = stale_.empty() ? nullptr : rows();
    if (source == nullptr) {
        return copy_;
    }
    const CpuRead read{exported_ && *exported_ ? (*exported_)->get() : -1};
    Region found;
    std::exchange(stale_, {}).for_each([&](const Rect& rect) {
        // A small rectangle is worth believing.
        const bool large = rect.size().area() * 2 >= layout_.size.area();
        found.add(copy_->update(rect, *source, large ? Damage::kCompare : Damage::kAsClaimed));
    });
    ++copies_;
    found_.push_back(std::move(found));
    if (found_.size() > kRemembered) {
        found_.pop_front();
    }
    return copy_;
}

Region DmabufPixels::changed_since(uint64_t then) const {
    assert(then <= copies_);
    if (copies_ - then > found_.size()) {
        return Region{Rect::of(layout_.size)};
    }
    Region changed;
    for (uint64_t i = found_.size() - (copies_ - then); i < found_.size(); ++i) {
        changed.add(found_[i]);
    }
    return changed;
}

}  // namespace oriel
