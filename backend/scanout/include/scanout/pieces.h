// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/geometry.h"

namespace oriel {

/// What is copied in one go of a copy that is cut: more than a piece from which on copies go past
/// the caches (memory_pixels.cpp: kStreamFrom), and 2 ms where all of its memory is used for the
/// first time.
constexpr uint64_t kPiecePixels = uint64_t{384} << 10;

/// Takes `pixels` px out of the region, from the top; a row more at most, or all that there is.
[[nodiscard]] Region take_part(Region& region, uint64_t pixels);

}  // namespace oriel
