// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <optional>
#include <variant>

#include "scanout/display.h"
#include "scanout/pixel_formats.h"
#include "scanout/pixel_layout.h"
#include "vdpy/include/oriel-vdpy.h"

namespace oriel::app::vdpy {

/// Pixels in the caller's memory.
struct MemorySurface {
    Size size;            ///< px
    uint32_t stride = 0;  ///< bytes, at least a row
    PixelFormat format;
    const std::byte* pixels = nullptr;  ///< lent; null: there are none yet
};

/// Pixels in a dma-buf.
struct DmabufSurface {
    PixelLayout layout;
    int fd = -1;  ///< lent
};

/// An enumeration that C has filled in may be any number.
template <class Enum>
[[nodiscard]] uint32_t number_of(const Enum& enumerator) {
    uint32_t number = 0;
    static_assert(sizeof enumerator == sizeof number);
    std::memcpy(&number, &enumerator, sizeof number);
    return number;
}

using CheckedSurface = std::variant<MemorySurface, DmabufSurface>;

/// What the device model has filled in, as values that can be used. Nothing where they make no
/// sense: no size, more than MemoryBuffer::kMaxSide a side, rows that overlap, a format that is not
/// of 32 bits a pixel.
[[nodiscard]] std::optional<CheckedSurface> check_surface(const surface& given);

/// Null where it makes no sense.
[[nodiscard]] std::shared_ptr<const CursorImage> check_cursor(const cursor& given);
inline constexpr uint32_t kMaxCursorSide = 512;

}  // namespace oriel::app::vdpy
