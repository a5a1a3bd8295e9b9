// SPDX-License-Identifier: MIT
#include "scanout/dmabuf_pixels.h"

#include <linux/dma-buf.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "core/descriptors.h"
#include "lazy_pixels.h"
#include "scanout/pieces.h"

namespace oriel {
namespace {

// A picture in two windows, one of which takes a few frames less than the other.
constexpr size_t kRemembered = 8;

/// Brackets what the CPU reads of a dma-buf (Documentation/driver-api/dma-buf.rst, "CPU Access to
/// DMA Buffer Objects"): where devices write past the CPU's caches, only this shows it what they
/// wrote.
class CpuRead {
public:
    /// `files` are lent and outlive this.
    explicit CpuRead(const std::vector<UniqueFd>& files) : files_{files} {
        sync(DMA_BUF_SYNC_START);
    }
    CpuRead(const CpuRead&) = delete;
    CpuRead& operator=(const CpuRead&) = delete;
    ~CpuRead() { sync(DMA_BUF_SYNC_END); }

private:
    void sync(uint64_t edge) const {
        for (const UniqueFd& file : files_) {
            dma_buf_sync request{edge | DMA_BUF_SYNC_READ};
            // A failure means that the exporter has nothing to do (ENOTTY: no dma-buf, a test's
            // memfd).
            while (::ioctl(file.get(), DMA_BUF_IOCTL_SYNC, &request) != 0 && errno == EINTR) {
            }
        }
    }

    const std::vector<UniqueFd>& files_;
};

bool signalled(int fence) {
    pollfd look{.fd = fence, .events = POLLIN, .revents = 0};
    return ::poll(&look, 1, 0) != 0;
}

}  // namespace

DmabufPixels::DmabufPixels(const PixelLayout& layout, CpuView view)
    : LedgerItem{HeldFor::kDmabufs}, layout_{layout}, view_{view}, stale_{Rect::of(layout.size)} {
    assert(layout.plane_count >= 1 && layout.plane_count <= PixelLayout::kMaxPlanes);
}

Held DmabufPixels::held() const {
    Held sum{0, fence_ ? 1U : 0U};
    for (const Region* region : {&stale_, &to_copy_, &differing_, &flushed_during_copy_}) {
        sum.bytes += heap_bytes_of_rects(region->rect_count());
    }
    for (const Region& found : found_) {
        sum.bytes += heap_bytes_of_rects(found.rect_count());
    }
    if (const auto* files = open_files()) {
        sum += {heap_bytes_of(files->capacity() * sizeof(UniqueFd)), files->size()};
    }
    return sum;
}

Result<std::vector<UniqueFd>> DmabufPixels::export_some() const {
    auto files = export_files();
    for (size_t i = 0; files && i < files->size(); ++i) {
        auto kept = for_guest(std::move((*files)[i]));
        if (!kept) {
            return tl::unexpected(HostError{
                EMFILE, fmt::format("pictures are copied: {} (ulimit -n)", kept.error().context)});
        }
        (*files)[i] = std::move(*kept);
    }
    return files;
}

const Result<std::vector<UniqueFd>>& DmabufPixels::files() const {
    if (!files_ || (!*files_ && files_->error().code == EMFILE)) {
        files_.emplace(export_some());
        if (*files_) {
            give_fence(**files_);
        }
    }
    return *files_;
}

void DmabufPixels::give_fence(const std::vector<UniqueFd>& files) const {
    if (acquire_fence() < 0) {
        return;
    }
    for (const UniqueFd& file : files) {
        // As the fence of a write: every reader waits for it. Where the kernel can't, the guest's
        // own driver has left its fence in the buffer, or acquire_fence() is all there is.
        dma_buf_import_sync_file request{.flags = DMA_BUF_SYNC_WRITE, .fd = fence_.get()};
        while (::ioctl(file.get(), DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &request) != 0 &&
               errno == EINTR) {
        }
    }
}

int DmabufPixels::acquire_fence() const {
    return fence_ && !signalled(fence_.get()) ? fence_.get() : -1;
}

void DmabufPixels::changed(const Region& damage, UniqueFd acquire_fence) {
    add_stale(stale_, damage);
    fence_ = std::move(acquire_fence);
    if (files_ && *files_) {
        give_fence(**files_);
    }
}

bool DmabufPixels::make_copy() {
    if (!copy_) {
        copy_ = make_lazy_pixels(layout_.size);
        stale_ = Region{Rect::of(layout_.size)};
    }
    return copy_ != nullptr;
}

const std::shared_ptr<MemoryPixels>& DmabufPixels::pixels() {
    // The second time for what was flushed while a copy was under way.
    while (copy_piece() || !flushed_during_copy_.empty()) {
    }
    return copy_;
}

uint64_t DmabufPixels::uncopied() const {
    if (view_ == CpuView::kNone) {
        return 0;
    }
    return to_copy_.area() + stale_.area() + (copy_ ? copy_->lag() : 0);
}

/// Whether there is something to copy, and it can be.
bool DmabufPixels::begin_copy() {
    flushed_during_copy_.clear();
    if (view_ == CpuView::kNone || !make_copy() || acquire_fence() >= 0) {
        return false;
    }
    if (to_copy_.empty()) {
        // Little is worth believing.
        compares_ = stale_.area() * 2 >= layout_.size.area();
        to_copy_ = std::exchange(stale_, {});
    }
    return !to_copy_.empty();
}

bool DmabufPixels::copy_piece() {
    if (!begin_copy()) {
        return copy_ && copy_->copy_piece();
    }
    if (!prepare_rows()) {
        return true;
    }
    RowSource* source = rows();
    if (source == nullptr) {
        return false;
    }
    static const std::vector<UniqueFd> kNoFiles;
    const CpuRead read{files_ && *files_ ? **files_ : kNoFiles};
    take_part(to_copy_, kPiecePixels).for_each([&](const Rect& rect) {
        differing_.add(
            copy_->update(rect, *source, compares_ ? Damage::kCompare : Damage::kAsClaimed));
    });
    if (!to_copy_.empty()) {
        return true;
    }
    count_copy(std::exchange(differing_, {}));
    flushed_during_copy_ = stale_;
    return copy_->lag() > 0;
}

void DmabufPixels::count_copy(Region found) {
    ++copies_;
    found_.push_back(std::move(found));
    if (found_.size() > kRemembered) {
        found_.pop_front();
    }
}

void DmabufPixels::drop_copy() {
    if (!copy_) {
        return;
    }
    copy_.reset();
    to_copy_.clear();
    differing_.clear();
    flushed_during_copy_.clear();
    // The next copy is compared with black: whoever shows the one before must redraw all.
    count_copy(Region{Rect::of(layout_.size)});
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
