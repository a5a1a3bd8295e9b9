// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/geometry.h"
#include "scanout/memory_pixels.h"

namespace oriel {

/// Memory for the copy of a picture that somebody has asked for. Null when the host has none, which
/// the log says, not too often.
[[nodiscard]] std::shared_ptr<MemoryPixels> make_lazy_pixels(Size size);

/// Remembers that a copy lacks `damage`. Where nobody asks for the copy, what a guest changes here
/// and there doesn't pile up: beyond some hundred rectangles it becomes one.
void add_stale(Region& stale, const Region& damage);

}  // namespace oriel
