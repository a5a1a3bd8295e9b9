// SPDX-License-Identifier: MIT
#pragma once

#include <climits>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "scanout/bounded_region.h"
#include "scanout/scanout_id.h"

namespace oriel::app {

/// A frame that a screen has shown, as a trace has it: a line of JSON.
struct TracedFrame {
    uint64_t number = 0;  ///< of its screen's frames, from 1
    ScanoutId screen = 0;
    uint64_t time_ns = 0;      ///< by the display's clock
    Size size;                 ///< px; empty: dark
    std::string mode;          ///< "virtio 1024x768 XR24", "text 80x25", "dark"
    std::vector<Rect> damage;  ///< px of the screen
    std::string hash;          ///< of its pixels; empty: they can't be read
};

/// Bytes of a line with its newline: a pipe takes so many at once or not at all.
constexpr size_t kMaxTraceLine = PIPE_BUF;
/// Rectangles of a frame.
constexpr size_t kMaxTracedRects = BoundedRegion::kMaxRects;

/// With a newline.
[[nodiscard]] std::string line_of(const TracedFrame& frame);
/// `line` without its newline. The error says what is wrong with it.
[[nodiscard]] Result<TracedFrame> frame_of(std::string_view line);

}  // namespace oriel::app
