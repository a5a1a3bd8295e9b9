// SPDX-License-Identifier: MIT
#include "mapped_pixels.h"

#include <sys/stat.h>

#include <utility>

#include "core/memfd.h"

namespace oriel::qemu_dbus {

std::optional<SharedFile> SharedFile::look_at(int fd) {
    struct stat status = {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) {
        return std::nullopt;
    }
    return SharedFile{{status.st_dev, status.st_ino}, static_cast<uint64_t>(status.st_size)};
}

Result<std::shared_ptr<MappedPixels>> MappedPixels::map(int fd, const SharedPicture& picture,
                                                        FileIdentity file) {
    const uint64_t first_page = picture.offset / page_size() * page_size();
    const uint64_t skipped = picture.offset - first_page;
    auto mapping = Mapping::map(fd, first_page, skipped + picture.byte_size(), MapAccess::kRead);
    if (!mapping) {
        return tl::unexpected(std::move(mapping).error());
    }
    SigbusGuard guard{mapping->bytes()};
    if (!guard.active()) {
        return host_error("too many files are mapped that may shrink");
    }
    return std::shared_ptr<MappedPixels>{
        new MappedPixels{picture, file, std::move(*mapping), std::move(guard), skipped}};
}

MappedPixels::MappedPixels(const SharedPicture& picture, FileIdentity file, Mapping mapping,
                           SigbusGuard guard, size_t skipped)
    : DmabufPixels{{.size = picture.size,
                    .fourcc = picture.format.fourcc,
                    .planes = one_plane(static_cast<uint32_t>(picture.offset), picture.stride)}},
      picture_{picture},
      file_{file},
      mapping_{std::move(mapping)},
      guard_{std::move(guard)},
      rows_{mapping_.data() + skipped, picture.stride, picture.format} {}

Result<std::vector<UniqueFd>> MappedPixels::export_files() const {
    return host_error("pictures are copied: QEMU shares them as memory, not as dma-bufs (gl=on)");
}

RowSource* MappedPixels::rows() {
    // What is there instead is black: the last picture is better.
    return damaged() ? nullptr : &rows_;
}

}  // namespace oriel::qemu_dbus
