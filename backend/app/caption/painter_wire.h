// SPDX-License-Identifier: MIT
// What this process and the one that has the fonts say to each other: a message each way, on a
// socket of SOCK_SEQPACKET. Both are of one build.
#pragma once

#include <cstddef>
#include <cstdint>

namespace oriel::app {

constexpr const char* kPainterProgram = "oriel-caption";

/// The text follows in the same message.
struct PaintRequest {
    uint32_t height = 0;
    uint32_t max_width = 0;
    uint32_t step = 1;
};
constexpr size_t kMaxPaintedText = 1024;
constexpr uint32_t kMaxPaintedHeight = 512;  ///< of a line
constexpr uint32_t kMaxPaintedSide = 8192;

/// A file with the pixels comes with it. No size: they could not be painted.
struct PaintReply {
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t stride = 0;
};

}  // namespace oriel::app
