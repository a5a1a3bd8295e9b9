// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/geometry.h"
#include "scanout/display.h"
#include "scanout/pixel_formats.h"
#include "scanout/pixel_layout.h"

/// What QEMU says of pictures (org.qemu.Display1.Listener), checked once: sizes, strides, offsets,
/// formats and damage that lie become nothing. All that is used afterwards is what is here.
namespace oriel::qemu_dbus {

/// Bytes of a picture, from its first pixel to the end of its last row.
constexpr uint64_t kMaxPictureBytes = uint64_t{256} << 20;
/// Bytes of pixels in a message: D-Bus has no larger arrays, though QEMU sends them.
constexpr uint64_t kMaxSentBytes = uint64_t{64} << 20;
constexpr uint32_t kMaxCursorSide = 512;

/// Pixels that came in a message.
struct SentPixels {
    Size size;
    uint32_t stride = 0;
    PixelFormat format;
    std::span<const std::byte> bytes;  ///< lent: the message's
};

/// Pixels that came in a message, for a part of a picture. It may lie outside of the one that is
/// shown: QEMU tells no change of size in text modes (see ConsoleScreen).
struct SentUpdate {
    Rect rect;
    SentPixels pixels;
};

/// Where a picture lies in a file that QEMU shares.
struct SharedPicture {
    Size size;
    uint64_t offset = 0;
    uint32_t stride = 0;
    PixelFormat format;
    /// From the offset to the end of the last row, which need not be a whole stride.
    [[nodiscard]] uint64_t byte_size() const;
    friend bool operator==(const SharedPicture&, const SharedPicture&) = default;
};

/// A picture in dma-bufs, and the part of it that is shown.
struct DmabufPicture {
    PixelLayout layout;
    Rect visible;
};

/// ScanoutDMABUF2's numbers as they came.
struct DmabufNumbers {
    Rect visible;
    std::span<const uint32_t> offsets;
    std::span<const uint32_t> strides;
    uint32_t planes = 0;
    uint32_t fourcc = 0;
    Size backing;
    uint64_t modifier = 0;
    bool y0_top = false;
    size_t files = 0;  ///< descriptors that came
};

[[nodiscard]] std::optional<SentPixels> check_scanout(Size size, uint32_t stride, uint32_t format,
                                                      std::span<const std::byte> bytes);
/// Whether that many rows of that stride are more than a message has room for.
[[nodiscard]] bool too_large_to_send(Size size, uint32_t stride);
/// `at` is x, y, width and height.
[[nodiscard]] std::optional<SentUpdate> check_update(const std::array<int32_t, 4>& at,
                                                     uint32_t stride, uint32_t format,
                                                     std::span<const std::byte> bytes);
[[nodiscard]] std::optional<SharedPicture> check_shared(Size size, uint32_t offset, uint32_t stride,
                                                        uint32_t format, uint64_t file_size);
/// The part of a picture of that size that `at` names; empty where there is none.
[[nodiscard]] Rect check_damage(const std::array<int32_t, 4>& at, Size picture);
[[nodiscard]] std::optional<DmabufPicture> check_dmabuf(const DmabufNumbers& numbers);
/// Null is a cursor without pixels, which hides it; nothing: it lies.
[[nodiscard]] std::optional<std::shared_ptr<const CursorImage>> check_cursor(
    const std::array<int32_t, 4>& size_and_hotspot, std::span<const std::byte> bytes);

}  // namespace oriel::qemu_dbus
