// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/geometry.h"
#include "scanout/memory_pixels.h"
#include "scanout/pixel_formats.h"

namespace oriel {

/// Pixels in memory as the source of a copy.
class LinearRows final : public RowSource {
public:
    /// `first`, lent, is the pixel that is at `origin` of the picture. A negative stride: the
    /// uppermost row is the last one in memory.
    LinearRows(const std::byte* first, int64_t stride, const PixelFormat& format, Point origin = {})
        : first_{first}, stride_{stride}, format_{format}, origin_{origin} {}

    [[nodiscard]] const std::byte* row(uint32_t x, uint32_t y, uint32_t width,
                                       std::byte* scratch) override {
        const int64_t column = int64_t{x} - origin_.x;
        const int64_t line = int64_t{y} - origin_.y;
        const std::byte* from = first_ + line * stride_ + column * MemoryBuffer::kBytesPerPixel;
        if (format_.native()) {
            return from;
        }
        convert_pixels(format_, from, scratch, width);
        return scratch;
    }

private:
    const std::byte* first_;
    int64_t stride_;
    PixelFormat format_;
    Point origin_;
};

}  // namespace oriel
