// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "scanout/vga_picture.h"

namespace oriel::vga {

/// The pixels [x, x + width) of line y, 4 bytes each in memory order B, G, R, 0, by the rule at
/// VgaPictureData. All of them lie inside the picture.
void rasterise(const VgaPictureData& picture, uint32_t x, uint32_t y, uint32_t width,
               std::byte* pixels);

}  // namespace oriel::vga
