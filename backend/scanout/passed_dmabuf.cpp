// SPDX-License-Identifier: MIT
#include "scanout/passed_dmabuf.h"

#include <drm_fourcc.h>
#include <fcntl.h>

#include <utility>

#include "core/memfd.h"
#include "scanout/plane_bounds.h"

namespace oriel {
namespace {

CpuView view_of(const PixelLayout& layout) {
    // QEMU names no modifier for a udmabuf, which is linear.
    const bool linear =
        layout.modifier == DRM_FORMAT_MOD_LINEAR || layout.modifier == DRM_FORMAT_MOD_INVALID;
    const bool rows =
        linear && layout.plane_count == 1 && pixel_format_of(layout.fourcc) &&
        layout.planes[0].stride >= uint64_t{layout.size.width} * MemoryBuffer::kBytesPerPixel;
    return rows ? CpuView::kRows : CpuView::kNone;
}

}  // namespace

PassedDmabuf::PassedDmabuf(const PixelLayout& layout, std::vector<UniqueFd> files)
    : DmabufPixels{layout, view_of(layout)}, files_{std::move(files)} {}

Result<std::vector<UniqueFd>> PassedDmabuf::export_files() const {
    std::vector<UniqueFd> copies;
    copies.reserve(files_.size());
    for (const UniqueFd& file : files_) {
        UniqueFd copy{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)};
        if (!copy) {
            return system_error("pictures are copied: another descriptor of a dma-buf");
        }
        copies.push_back(std::move(copy));
    }
    return copies;
}

RowSource* PassedDmabuf::rows() {
    if (!std::exchange(tried_, true)) {
        const PlaneLayout& plane = layout().planes[0];
        const uint64_t bytes = uint64_t{layout().size.height - 1} * plane.stride +
                               uint64_t{layout().size.width} * MemoryBuffer::kBytesPerPixel;
        const uint64_t first_page = plane.offset / page_size() * page_size();
        const uint64_t skipped = plane.offset - first_page;
        if (!check_plane(files_, plane, bytes)) {
            return nullptr;
        }
        auto mapping = Mapping::map(files_[0].get(), first_page, skipped + bytes, MapAccess::kRead);
        if (!mapping) {
            return nullptr;
        }
        mapping_ = std::move(*mapping);
        guard_ = SigbusGuard{mapping_.bytes()};
        const auto stride = static_cast<int64_t>(plane.stride);
        const std::byte* first = mapping_.data() + skipped;
        if (layout().y_inverted) {
            first += (layout().size.height - 1) * stride;
        }
        rows_.emplace(first, layout().y_inverted ? -stride : stride,
                      *pixel_format_of(layout().fourcc));
    }
    return rows_ && guard_.active() && !guard_.damaged() ? &*rows_ : nullptr;
}

}  // namespace oriel
