// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "match/picture_view.h"

namespace oriel::match {

/// kFast takes a third of the time, for files that are larger: for many pictures that are looked at
/// once.
enum class PngEffort : uint8_t { kSmall, kFast };

/// Writes an 8-bit RGB PNG. A file at `path` is replaced at once by a complete one or not at all;
/// what isn't a file (a pipe, /dev/stdout) is written to. The error names the path and the cause.
[[nodiscard]] Result<void> write_png(const std::string& path, const PictureView& pixels,
                                     PngEffort effort = PngEffort::kSmall);

/// Reads a PNG of what a screen can show: up to 8 bits a channel, every pixel opaque, at most
/// kMaxPictureSide and kMaxPicturePixels. What else there is (missing, no plain file, no PNG,
/// truncated, 16 bits, transparent pixels, too large) is one error that names the file and what is
/// wrong with it.
[[nodiscard]] Result<Picture> read_png(const std::string& path);

}  // namespace oriel::match
