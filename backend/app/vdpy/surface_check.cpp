// SPDX-License-Identifier: MIT
#include "vdpy/surface_check.h"

#include "scanout/memory_buffer.h"

namespace oriel::app::vdpy {
namespace {

constexpr uint32_t kPixel = MemoryBuffer::kBytesPerPixel;

bool good_size(Size size) {
    return !size.empty() && size.width <= MemoryBuffer::kMaxSide &&
           size.height <= MemoryBuffer::kMaxSide;
}

}  // namespace

std::optional<CheckedSurface> check_surface(const surface& given) {
    const Size size{given.width, given.height};
    if (!good_size(size) || given.stride < uint64_t{size.width} * kPixel) {
        return std::nullopt;
    }
    const uint32_t type = number_of(given.surf_type);
    if (type == SURFACE_PIXMAN) {
        const auto format = pixel_format(number_of(given.surf_format));
        return format
                   ? std::optional<CheckedSurface>{MemorySurface{
                         size, given.stride, *format, static_cast<const std::byte*>(given.pixel)}}
                   : std::nullopt;
    }
    if (type != SURFACE_DMABUF || !pixel_format_of(given.dma_info.surf_fourcc) ||
        given.dma_info.dmabuf_fd < 0 ||
        given.dma_info.dmabuf_offset + uint64_t{size.height} * given.stride > UINT32_MAX) {
        return std::nullopt;
    }
    return DmabufSurface{{.size = size,
                          .fourcc = given.dma_info.surf_fourcc,
                          // The device model has none; what a guest shares with it lies in rows.
                          .planes = one_plane(given.dma_info.dmabuf_offset, given.stride)},
                         given.dma_info.dmabuf_fd};
}

std::shared_ptr<const CursorImage> check_cursor(const cursor& given) {
    const Size size{given.width, given.height};
    if (size.empty() || size.width > kMaxCursorSide || size.height > kMaxCursorSide ||
        given.hot_x > kMaxCursorSide || given.hot_y > kMaxCursorSide || given.data == nullptr) {
        return nullptr;
    }
    auto image = std::make_shared<CursorImage>();
    image->size = size;
    image->hotspot = {static_cast<int32_t>(given.hot_x), static_cast<int32_t>(given.hot_y)};
    image->pixels.resize(size.area());
    std::memcpy(image->pixels.data(), given.data, size.area() * kPixel);
    return image;
}

}  // namespace oriel::app::vdpy
