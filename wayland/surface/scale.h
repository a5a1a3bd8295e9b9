// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/geometry.h"
#include "wayland/choices.h"

namespace oriel::wayland {

// All arithmetic between buffer px (what the guest and the output have) and logical px (what the
// compositor arranges windows in) is in this file, and nowhere else.

/// Buffer px per logical px, in 120ths (as wp_fractional_scale_v1 sends it).
struct Scale {
    uint32_t n120 = 120;
    friend constexpr bool operator==(Scale, Scale) = default;
};

/// What a compositor says, where it can be: from 1/4 to 16. A scale of 0 means nothing, and nothing
/// may be divided by it.
[[nodiscard]] Scale limited_scale(uint32_t n120);
/// The same of a whole scale (wl_output.scale).
[[nodiscard]] uint32_t limited_whole_scale(int32_t scale);

/// Buffer px to logical px, to the nearest, never empty.
[[nodiscard]] Size to_logical(Size buffer, Scale scale);

/// Logical px to buffer px, half away from zero as wp_fractional_scale_v1 says, never empty.
[[nodiscard]] Size to_buffer(Size logical, Scale scale);

/// Output px per px of a picture.
struct Ratio {
    double x = 1;
    double y = 1;
    friend constexpr bool operator==(Ratio, Ratio) = default;
};

/// How large a picture of `picture` buffer px is shown at `shown` logical px.
[[nodiscard]] Ratio ratio(Size picture, Size shown, Scale scale);

/// How many px of the output each px of a picture is wide and high; 0 if that is no whole number,
/// or not the same both ways. 1: px by px.
[[nodiscard]] uint32_t whole_multiple(Size picture, Size shown, Scale scale);

/// How many times larger, both ways, a buffer for the picture should be than the picture so that
/// the compositor has nothing left to scale, and each px of the guest is that many px of the output
/// a side. 1 where that can't be had: no whole multiple, or larger than an output of today (the
/// limits are 16384 px a side and 8192 x 4608 px in all: 144 MiB a buffer).
[[nodiscard]] uint32_t nearest_times(Size picture, Size shown, Scale scale);

/// How large a picture's buffer is to be.
struct BufferShape {
    /// Each px of the guest is so many px wide and high, by copies of it: nearest_times().
    uint32_t times = 1;
    /// If it isn't empty: exactly so many px, which is not the picture's size, and nothing else
    /// will do. Filtered linearly where that is not `times` as many.
    Size exact{};
    friend constexpr bool operator==(const BufferShape&, const BufferShape&) = default;
};

/// The buffer of a picture that is shown at `shown` logical px. `viewports`: the compositor can
/// scale it; where it can't, `scale` is a whole one.
[[nodiscard]] BufferShape buffer_shape(Size picture, Size shown, Scale scale, bool viewports);

/// The size, logical px, of a window that wants to be `wanted` on a compositor without viewports,
/// where its buffers are as large as it is: 8192 px a side and 8192 x 4608 px in all, as with
/// nearest_times().
[[nodiscard]] Size limited_window(Size wanted, Scale scale);

/// The whole scale that a buffer must have to be sharp there: for what has no viewport.
[[nodiscard]] uint32_t whole_scale(Scale scale);

/// The fewest buffer px that are a whole number of logical px; 1 where that would be many.
[[nodiscard]] uint32_t whole_step(Scale scale);

/// The nearest place before `logical` where a px of the output begins.
[[nodiscard]] uint32_t whole_px(uint32_t logical, Scale scale);

/// Where a picture of `picture` buffer px goes in a window of `window` logical px: as large as it
/// can be without changing its shape, in the middle. All of the window where the shapes differ by
/// no more than rounding does; but a picture that fits pixel by pixel, or at a whole multiple, is
/// never resampled to gain the last one.
[[nodiscard]] Rect fit(Size picture, Size window, Scale scale);

/// Where a picture goes by the user's choice. One that is shown one to one, or at a whole multiple,
/// begins on a whole px of the output.
[[nodiscard]] Rect place_picture(Scaling scaling, Size picture, Size window, Scale scale);

/// A place in a picture, in its buffer px from its top left corner.
struct PicturePoint {
    double x = 0;  ///< 0 to the picture's width
    double y = 0;  ///< 0 to the picture's height
    /// Not moved to the picture's edge.
    bool inside = false;
};

/// What is at `x`,`y` (logical px in the window, as wl_fixed_t has them: to 1/256) of a picture of
/// `picture` buffer px that is shown at `shown`. The nearest place in the picture where none is.
[[nodiscard]] PicturePoint to_picture(double x, double y, const Rect& shown, Size picture,
                                      Scale scale);

/// Where a px of the picture begins in the window, logical px: the other way round. Cut off some
/// way beside the window.
[[nodiscard]] Point to_window(Point picture_px, const Rect& shown, Size picture, Scale scale);

inline constexpr uint32_t kLongestCursorSide = 256;

/// A guest's cursor as the compositor has to show it. Logical px; a hot spot outside of the image
/// is moved to its edge. No side is longer than kLongestCursorSide: a guest with a small mode in a
/// large window would cover the desktop around it otherwise.
struct CursorPlacement {
    Size size;
    Point hotspot;
    /// How many times larger than the image its buffer should be, as nearest_times().
    uint32_t times = 1;
    friend constexpr bool operator==(const CursorPlacement&, const CursorPlacement&) = default;
};

/// `image` and `hotspot` in buffer px of a picture of `picture` buffer px that is shown at `shown`
/// logical px, on an output of `scale`.
[[nodiscard]] CursorPlacement place_cursor(Size image, Point hotspot, Size picture, Size shown,
                                           Scale scale);

/// Whether `picture` is what a guest makes of the mode that a window of `window` logical px asks it
/// for: that, or some px less (guests round down to whole bytes, cells or tiles).
[[nodiscard]] bool follows_window(Size picture, Size window, Scale scale);

/// How large `mode` px are on an output whose `output_mode` px are `output_mm` mm; 0x0: unknown.
[[nodiscard]] Size physical_size(Size mode, Size output_mode, Size output_mm);

}  // namespace oriel::wayland
