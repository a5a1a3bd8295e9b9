// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace oriel {

/// How the pixels of a picture lie that another program sends or shares: 4 bytes each.
struct PixelFormat {
    uint32_t fourcc = 0;  ///< DRM_FORMAT_…
    /// By how many bits a little-endian word is to be rotated right, after its bytes were reversed
    /// where `reversed` says so, to be DRM_FORMAT_XRGB8888.
    uint32_t rotate = 0;
    bool reversed = false;
    /// Nothing is to be done.
    [[nodiscard]] bool native() const { return rotate == 0 && !reversed; }
    friend bool operator==(const PixelFormat&, const PixelFormat&) = default;
};

/// `pixman`: a pixman_format_code_t, as QEMU's D-Bus display and ACRN's device model name formats.
/// Nothing for one that is not of 4 bytes with 8 bits a colour: QEMU without OpenGL converts all
/// others itself, and ACRN has none.
[[nodiscard]] std::optional<PixelFormat> pixel_format(uint32_t pixman);

/// The same for a DRM fourcc.
[[nodiscard]] std::optional<PixelFormat> pixel_format_of(uint32_t fourcc);

/// Writes `count` pixels to `to` in memory order B, G, R, X. Neither need be aligned.
void convert_pixels(const PixelFormat& format, const std::byte* from, std::byte* to, size_t count);

}  // namespace oriel
