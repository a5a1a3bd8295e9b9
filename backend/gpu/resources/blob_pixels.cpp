// SPDX-License-Identifier: MIT
#include "resources/blob_pixels.h"

#include <drm_fourcc.h>
#include <fcntl.h>

#include <utility>

#include "resources/pixel_format.h"

namespace oriel::gpu {
namespace {

PixelLayout exported_layout(const BlobLayout& layout, uint64_t origin) {
    return {.size = layout.size,
            .fourcc = drm_format(layout.format),
            .modifier = DRM_FORMAT_MOD_LINEAR,
            .planes = one_plane(static_cast<uint32_t>(origin + layout.offset), layout.stride)};
}

}  // namespace

BlobMemory::BlobMemory(const guest::GuestMemory& memory, guest::DmabufExporter& exporter,
                       Backing backing, uint64_t size)
    : memory_{memory}, exporter_{exporter}, backing_{std::move(backing)}, size_{size} {}

Backing* BlobMemory::readable(uint64_t offset, uint64_t length) {
    return backing_ && backing_->accessible(memory_, offset, length) ? &*backing_ : nullptr;
}

Result<UniqueFd> BlobMemory::export_dmabuf() const {
    if (!backing_) {
        return host_error("the guest has given the picture's memory up");
    }
    for (const BlobPixels* picture : pictures_) {
        if (const int known = picture->exported(epoch()); known >= 0) {
            UniqueFd copy{::fcntl(known, F_DUPFD_CLOEXEC, 0)};
            if (!copy) {
                return system_error("pictures are copied: another descriptor of a dma-buf");
            }
            return copy;
        }
    }
    std::vector<guest::FileSpan> spans;
    if (!backing_->locate(memory_, size_, spans)) {
        return host_error(
            "pictures are copied: a part of this one isn't in memory that the VMM shares "
            "(QEMU: -object memory-backend-memfd,share=on and -machine memory-backend=)");
    }
    return exporter_.export_spans(spans);
}

uint64_t BlobMemory::origin() const {
    std::vector<guest::FileSpan> first;
    return backing_ && backing_->locate(memory_, 1, first) ? exporter_.origin(first.front()) : 0;
}

uint64_t BlobLayout::byte_size() const {
    return uint64_t{size.height - 1} * stride + uint64_t{size.width} * MemoryBuffer::kBytesPerPixel;
}

BlobPixels::BlobPixels(std::shared_ptr<BlobMemory> memory, const BlobLayout& layout,
                       HostBytes::Share share)
    : DmabufPixels{exported_layout(layout, memory->origin())},
      memory_{std::move(memory)},
      blob_layout_{layout},
      share_{std::move(share)} {
    memory_->add(*this);
}

int BlobPixels::exported(uint64_t epoch) const {
    const std::vector<UniqueFd>* files = exported_at_ == epoch ? open_files() : nullptr;
    return files != nullptr ? files->front().get() : -1;
}

Result<std::vector<UniqueFd>> BlobPixels::export_files() const {
    auto file = memory_->export_dmabuf();
    if (!file) {
        return tl::unexpected(std::move(file).error());
    }
    exported_at_ = memory_->epoch();
    std::vector<UniqueFd> files;
    files.push_back(std::move(*file));
    return files;
}

RowSource* BlobPixels::rows() {
    Backing* backing = memory_->readable(blob_layout_.offset, blob_layout_.byte_size());
    if (backing == nullptr) {
        return nullptr;
    }
    source_.emplace(*backing, blob_layout_.format, Point{}, blob_layout_.offset,
                    blob_layout_.stride);
    return &*source_;
}

}  // namespace oriel::gpu
