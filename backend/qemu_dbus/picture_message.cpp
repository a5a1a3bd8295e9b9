// SPDX-License-Identifier: MIT
#include "picture_message.h"

#include <algorithm>
#include <cstring>

#include "scanout/memory_buffer.h"

namespace oriel::qemu_dbus {
namespace {

constexpr uint32_t kPixel = MemoryBuffer::kBytesPerPixel;

bool good_size(Size size) {
    return !size.empty() && size.width <= MemoryBuffer::kMaxSide &&
           size.height <= MemoryBuffer::kMaxSide;
}

uint64_t bytes_of(Size size, uint32_t stride) {
    return uint64_t{size.height - 1} * stride + uint64_t{size.width} * kPixel;
}

/// Whether rows of that stride don't overlap, and are no larger than anybody shows.
bool good_rows(Size size, uint32_t stride) {
    return good_size(size) && stride >= uint64_t{size.width} * kPixel &&
           bytes_of(size, stride) <= kMaxPictureBytes;
}

/// A plane of a subsampled or compressed format has fewer rows and bytes: only what every format
/// keeps to is checked here. Whether it lies in its file is (scanout/plane_bounds.h), once files
/// are asked for.
bool good_plane(Size size, uint32_t offset, uint32_t stride) {
    return stride > 0 && stride <= MemoryBuffer::kMaxSide * 16 &&
           offset + uint64_t{size.height} * stride <= UINT32_MAX;
}

}  // namespace

uint64_t SharedPicture::byte_size() const {
    return bytes_of(size, stride);
}

std::optional<SentPixels> check_scanout(Size size, uint32_t stride, uint32_t format,
                                        std::span<const std::byte> bytes) {
    const auto pixels = pixel_format(format);
    if (!pixels || !good_rows(size, stride) || bytes.size() < bytes_of(size, stride)) {
        return std::nullopt;
    }
    return SentPixels{size, stride, *pixels, bytes};
}

bool too_large_to_send(Size size, uint32_t stride) {
    return good_rows(size, stride) && bytes_of(size, stride) > kMaxSentBytes;
}

std::optional<SentUpdate> check_update(const std::array<int32_t, 4>& at, uint32_t stride,
                                       uint32_t format, std::span<const std::byte> bytes) {
    const auto [x, y, width, height] = at;
    if (x < 0 || y < 0 || width <= 0 || height <= 0) {
        return std::nullopt;
    }
    const Rect rect{static_cast<uint32_t>(x), static_cast<uint32_t>(y),
                    static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
    if (!rect.inside({MemoryBuffer::kMaxSide, MemoryBuffer::kMaxSide})) {
        return std::nullopt;
    }
    const auto pixels = check_scanout(rect.size(), stride, format, bytes);
    return pixels ? std::optional{SentUpdate{rect, *pixels}} : std::nullopt;
}

std::optional<SharedPicture> check_shared(Size size, uint32_t offset, uint32_t stride,
                                          uint32_t format, uint64_t file_size) {
    const auto pixels = pixel_format(format);
    if (!pixels || !good_rows(size, stride) || offset + bytes_of(size, stride) > file_size) {
        return std::nullopt;
    }
    return SharedPicture{size, offset, stride, *pixels};
}

Rect check_damage(const std::array<int32_t, 4>& at, Size picture) {
    const auto clipped = [](int32_t first, int32_t count, uint32_t size) {
        const int64_t low = std::clamp<int64_t>(first, 0, size);
        const int64_t high = std::clamp<int64_t>(int64_t{first} + count, low, size);
        return std::array{static_cast<uint32_t>(low), static_cast<uint32_t>(high - low)};
    };
    const auto [x, width] = clipped(at[0], at[2], picture.width);
    const auto [y, height] = clipped(at[1], at[3], picture.height);
    return Rect{x, y, width, height};
}

std::optional<DmabufPicture> check_dmabuf(const DmabufNumbers& numbers) {
    const size_t planes = numbers.planes;
    // What x and y are worth is unknown where QEMU doesn't say how large the buffer is.
    const Size size = numbers.backing.empty() ? numbers.visible.size() : numbers.backing;
    if (planes < 1 || planes > PixelLayout::kMaxPlanes || numbers.offsets.size() < planes ||
        numbers.strides.size() < planes || numbers.files < 1 || numbers.files > planes ||
        (numbers.files != 1 && numbers.files != planes) || !good_size(size) ||
        numbers.visible.empty() || !numbers.visible.inside(size)) {
        return std::nullopt;
    }
    DmabufPicture picture{.layout = {.size = size,
                                     .fourcc = numbers.fourcc,
                                     .modifier = numbers.modifier,
                                     .plane_count = numbers.planes,
                                     .y_inverted = numbers.y0_top},
                          .visible = numbers.visible};
    for (uint32_t i = 0; i < planes; ++i) {
        if (!good_plane(size, numbers.offsets[i], numbers.strides[i])) {
            return std::nullopt;
        }
        picture.layout.planes.at(i) = {.file = numbers.files == 1 ? 0 : i,
                                       .offset = numbers.offsets[i],
                                       .stride = numbers.strides[i]};
    }
    return picture;
}

std::optional<std::shared_ptr<const CursorImage>> check_cursor(
    const std::array<int32_t, 4>& size_and_hotspot, std::span<const std::byte> bytes) {
    const auto [width, height, hot_x, hot_y] = size_and_hotspot;
    if (width == 0 || height == 0) {
        return nullptr;
    }
    const auto side = [](int32_t value) {
        return value > 0 && static_cast<uint32_t>(value) <= kMaxCursorSide;
    };
    const auto hot = [](int32_t value) {
        return value >= -static_cast<int32_t>(kMaxCursorSide) &&
               value <= static_cast<int32_t>(kMaxCursorSide);
    };
    if (!side(width) || !side(height) || !hot(hot_x) || !hot(hot_y)) {
        return std::nullopt;
    }
    const Size size{static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
    if (bytes.size() < size.area() * kPixel) {
        return std::nullopt;
    }
    auto image = std::make_shared<CursorImage>();
    image->size = size;
    image->hotspot = {hot_x, hot_y};
    image->pixels.resize(size.area());
    std::memcpy(image->pixels.data(), bytes.data(), size.area() * kPixel);
    return image;
}

}  // namespace oriel::qemu_dbus
