// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/geometry.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "core/weak.h"

namespace oriel::wayland {

/// What is said over a screen's picture. It is drawn by the host and part of no screenshot.
struct Overlay {
    /// The picture under it is half black.
    bool dimmed = false;
    /// Lines in the middle of the lower edge; empty: none.
    std::string text{};
    /// Lines in the top left corner; empty: none. Others in their place cost the window nothing: no
    /// commit, no damage, no buffer.
    std::string figures{};
    friend bool operator==(const Overlay&, const Overlay&) = default;
};

/// A text to be painted. Lines that are wider than `max_width` are broken at blanks.
struct TextRequest {
    std::string text;
    uint32_t height = 0;     ///< of a line's letters, buffer px
    uint32_t max_width = 0;  ///< buffer px
    /// Both sides of the image are to be multiples of that.
    uint32_t step = 1;
};

/// A painted text: DRM_FORMAT_ARGB8888, alpha premultiplied, in a file that can't shrink.
struct TextImage {
    UniqueFd pixels;
    Size size;
    uint32_t stride = 0;  ///< bytes
};

class TextReceiver {
public:
    TextReceiver() = default;
    TextReceiver(const TextReceiver&) = delete;
    TextReceiver& operator=(const TextReceiver&) = delete;

    /// Comes on the loop, once for each request. The error is one line for the log.
    virtual void text_painted(Result<TextImage> image) = 0;

protected:
    ~TextReceiver() = default;
};

/// Whoever can make an image of a text. A presenter knows no fonts.
class TextPainter {
public:
    TextPainter() = default;
    TextPainter(const TextPainter&) = delete;
    TextPainter& operator=(const TextPainter&) = delete;

    virtual void paint(TextRequest request, Weak<TextReceiver> receiver) = 0;

protected:
    ~TextPainter() = default;
};

}  // namespace oriel::wayland
