// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scanout/memory_pixels.h"
#include "vga/dispi.h"

namespace oriel::vga {

/// A bochs mode whose pixels are colours.
struct PixelMode {
    DispiMode mode;           ///< bpp 15, 16, 24 or 32
    bool big_endian = false;  ///< the bytes of a pixel are the other way round
    friend bool operator==(const PixelMode&, const PixelMode&) = default;
};

/// Video memory as the rows of such a mode; the guest writes it meanwhile. `memory` is lent.
class PixelRows final : public RowSource {
public:
    /// The mode lies inside the memory.
    PixelRows(std::span<const std::byte> memory, const PixelMode& mode);
    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) override;

private:
    using Convert = void (*)(const std::byte* from, uint32_t width, std::byte* to);
    [[nodiscard]] static Convert conversion(const PixelMode& mode);

    const std::byte* start_;
    uint64_t stride_;
    uint32_t bytes_per_pixel_;
    Convert convert_;  ///< null: the pixels are as they are to be
};

}  // namespace oriel::vga
