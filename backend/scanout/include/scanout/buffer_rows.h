// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/geometry.h"
#include "scanout/memory_pixels.h"

namespace oriel {

/// The rows of a buffer of ours, or of a part of it, where they are: to copy them into another
/// picture.
class BufferRows final : public RowSource {
public:
    /// The buffer is lent and must outlive this; `part` is inside it.
    BufferRows(const MemoryBuffer& buffer, const Rect& part) : buffer_{buffer}, part_{part} {}
    explicit BufferRows(const MemoryBuffer& buffer) : BufferRows{buffer, Rect::of(buffer.size())} {}

    [[nodiscard]] const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return buffer_.row(part_.y + y) + size_t{part_.x + x} * MemoryBuffer::kBytesPerPixel;
    }

private:
    const MemoryBuffer& buffer_;
    Rect part_;
};

}  // namespace oriel
