// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/clock.h"
#include "core/geometry.h"

namespace oriel::app::recorder {

// Matroska (RFC 9559) as a stream of pictures as they are, each with its time in microseconds:
// what ffmpeg reads from a pipe without guessing when a picture was shown.

/// What comes first. `size` in px.
[[nodiscard]] std::vector<std::byte> matroska_head(Size size);
/// What comes before the `bytes` bytes of a picture (B, G, R, X, rows without padding).
[[nodiscard]] std::vector<std::byte> matroska_frame_head(Nanoseconds time, size_t bytes);

}  // namespace oriel::app::recorder
