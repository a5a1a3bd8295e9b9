// SPDX-License-Identifier: MIT
#include "support/memfd_dmabuf.h"

#include <fcntl.h>

#include <cstring>
#include <utility>

#include "core/memfd.h"

namespace oriel::test {
namespace {

constexpr uint32_t kBytesPerPixel = 4;

}  // namespace

/// The memory order of XR24 and AR24 is what copies have; the tests copy no others.
class MemfdDmabuf::Rows final : public RowSource {
public:
    explicit Rows(const MemfdDmabuf& owner) : owner_{owner} {}
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        const PixelLayout& layout = owner_.layout();
        return owner_.mapping_.data() + layout.offset + size_t{y} * layout.stride +
               size_t{x} * kBytesPerPixel;
    }

private:
    const MemfdDmabuf& owner_;
};

std::shared_ptr<MemfdDmabuf> MemfdDmabuf::create(Size size, const Options& options) {
    const PixelLayout layout{
        .size = size,
        .fourcc = options.fourcc,
        .modifier = DRM_FORMAT_MOD_LINEAR,
        .offset = options.offset,
        .stride = options.stride != 0 ? options.stride : size.width * kBytesPerPixel};
    const size_t bytes = layout.offset + size_t{layout.stride} * size.height;
    UniqueFd fd = create_memfd("guest-buffer", bytes, MemfdSeals::kNone).value();
    Mapping mapping = Mapping::map(fd.get(), 0, bytes, MapAccess::kReadWrite).value();
    return std::shared_ptr<MemfdDmabuf>{new MemfdDmabuf{
        layout, MemoryPixels::create(size).value(), std::move(fd), std::move(mapping), options}};
}

MemfdDmabuf::MemfdDmabuf(const PixelLayout& layout, std::shared_ptr<MemoryPixels> copy, UniqueFd fd,
                         Mapping mapping, const Options& options)
    : DmabufPixels{layout, std::move(copy)},
      fd_{std::move(fd)},
      mapping_{std::move(mapping)},
      export_error_{options.export_error},
      missing_{options.missing},
      rows_{std::make_unique<Rows>(*this)} {}

void MemfdDmabuf::put(uint32_t x, uint32_t y, uint32_t word) {
    std::memcpy(mapping_.data() + layout().offset + size_t{y} * layout().stride +
                    size_t{x} * kBytesPerPixel,
                &word, sizeof word);
}

void MemfdDmabuf::draw(const Rect& rect, uint32_t word) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            put(x, y, word);
        }
    }
}

Result<UniqueFd> MemfdDmabuf::export_dmabuf() const {
    ++exports_;
    if (!export_error_.empty()) {
        return host_error("{}", export_error_);
    }
    if (missing_ != 0) {
        return create_memfd("short-buffer", mapping_.size() - missing_, MemfdSeals::kNone);
    }
    UniqueFd copy{::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)};
    return copy ? Result<UniqueFd>{std::move(copy)} : system_error("dup of a memfd");
}

RowSource* MemfdDmabuf::rows() {
    return rows_.get();
}

}  // namespace oriel::test
