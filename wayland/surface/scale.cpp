// SPDX-License-Identifier: MIT
#include "surface/scale.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scanout/linear_pixels.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {
namespace {

constexpr uint32_t kUnit = 120;
constexpr uint32_t kLargestScale = 16;

/// value * numerator / denominator to the nearest, half up; 64 bits hold any product of two sides.
uint32_t scaled(uint64_t value, uint64_t numerator, uint64_t denominator) {
    return static_cast<uint32_t>((value * numerator + denominator / 2) / denominator);
}

uint32_t at_least_1(uint32_t value) {
    return std::max(value, 1U);
}

/// The place nearest to the middle of what is left where a px of the output begins.
uint32_t centred(uint32_t window, uint32_t shown, Scale scale) {
    return whole_px((window - std::min(shown, window)) / 2, scale);
}

Rect in_the_middle(Size shown, Size window, Scale scale) {
    return {centred(window.width, shown.width, scale), centred(window.height, shown.height, scale),
            shown.width, shown.height};
}

bool has_room(Size shown, Size window) {
    return shown.width <= window.width && shown.height <= window.height;
}

/// The largest whole multiple that has room and that the output shows px by px; empty if none does.
Size largest_multiple(Size picture, Size window, Scale scale) {
    const Size room = to_buffer(window, scale);
    const uint32_t most = std::min(room.width / picture.width, room.height / picture.height);
    for (uint32_t times = most; times > 0; --times) {
        const Size wanted{picture.width * times, picture.height * times};
        const Size shown = to_logical(wanted, scale);
        if (to_buffer(shown, scale) == wanted && has_room(shown, window)) {
            return shown;
        }
    }
    return {};
}

constexpr uint64_t kMostPixels = uint64_t{8192} * 4608;

bool affordable(Size picture, uint32_t times) {
    const uint64_t width = uint64_t{picture.width} * times;
    const uint64_t height = uint64_t{picture.height} * times;
    return width <= MemoryBuffer::kMaxSide && height <= MemoryBuffer::kMaxSide &&
           width * height <= kMostPixels;
}

/// One of the two sides of to_picture(), not clamped. `scale`: logical to picture px.
double picture_px(double at, uint32_t begin, double scale) {
    const double px = (at - begin) * scale;
    // What is exactly on a px of the output comes less than 1/256 logical px beside it.
    const double nearest = std::round(px);
    return std::abs(px - nearest) <= scale / 250 ? nearest : px;
}

}  // namespace

Scale limited_scale(uint32_t n120) {
    return Scale{std::clamp(n120, kUnit / 4, kUnit * kLargestScale)};
}

uint32_t limited_whole_scale(int32_t scale) {
    return static_cast<uint32_t>(std::clamp(scale, 1, static_cast<int32_t>(kLargestScale)));
}

Size to_logical(Size buffer, Scale scale) {
    return {at_least_1(scaled(buffer.width, kUnit, scale.n120)),
            at_least_1(scaled(buffer.height, kUnit, scale.n120))};
}

Size to_buffer(Size logical, Scale scale) {
    return {at_least_1(scaled(logical.width, scale.n120, kUnit)),
            at_least_1(scaled(logical.height, scale.n120, kUnit))};
}

Ratio ratio(Size picture, Size shown, Scale scale) {
    if (picture.empty() || shown.empty()) {
        return {};
    }
    if (const uint32_t times = whole_multiple(picture, shown, scale); times > 0) {
        // Not by the logical size, which may be rounded.
        return {double{1} * times, double{1} * times};
    }
    const double per_logical = double{1} * scale.n120 / kUnit;
    return {shown.width * per_logical / picture.width, shown.height * per_logical / picture.height};
}

uint32_t whole_multiple(Size picture, Size shown, Scale scale) {
    return whole_times(picture, to_buffer(shown, scale));
}

uint32_t nearest_times(Size picture, Size shown, Scale scale) {
    const uint32_t times = whole_multiple(picture, shown, scale);
    return times > 1 && affordable(picture, times) ? times : 1;
}

BufferShape buffer_shape(Size picture, Size shown, Scale scale, bool viewports) {
    BufferShape shape{.times = nearest_times(picture, shown, scale)};
    const Size exact = to_buffer(shown, Scale{kUnit * whole_scale(scale)});
    if (!viewports && exact != picture) {
        shape.exact = exact;
    }
    return shape;
}

Size limited_window(Size wanted, Scale scale) {
    constexpr uint32_t kMostSide = 8192;
    const uint32_t per_logical = whole_scale(scale);
    const uint32_t side = kMostSide / per_logical;
    const Size sides{std::min(wanted.width, side), std::min(wanted.height, side)};
    const auto most = static_cast<uint32_t>(kMostPixels / per_logical / per_logical);
    if (sides.area() <= most) {
        return sides;
    }
    return sides.width >= sides.height ? Size{sides.width, at_least_1(most / sides.width)}
                                       : Size{at_least_1(most / sides.height), sides.height};
}

Point to_window(Point picture_px, const Rect& shown, Size picture, Scale scale) {
    int64_t times_x = shown.width;
    int64_t times_y = shown.height;
    int64_t per_x = at_least_1(picture.width);
    int64_t per_y = at_least_1(picture.height);
    if (const uint32_t times = whole_multiple(picture, shown.size(), scale); times > 0) {
        times_x = times_y = int64_t{kUnit} * times;
        per_x = per_y = scale.n120;
    }
    constexpr int64_t kFar = 1 << 20;
    return {
        static_cast<int32_t>(std::clamp(shown.x + picture_px.x * times_x / per_x, -kFar, kFar)),
        static_cast<int32_t>(std::clamp(shown.y + picture_px.y * times_y / per_y, -kFar, kFar))};
}

uint32_t whole_step(Scale scale) {
    constexpr uint32_t kLargestStep = 32;
    const uint32_t step = scale.n120 / std::gcd(scale.n120, kUnit);
    return step <= kLargestStep ? step : 1;
}

uint32_t whole_px(uint32_t logical, Scale scale) {
    return logical - logical % (kUnit / std::gcd(scale.n120, kUnit));
}

uint32_t whole_scale(Scale scale) {
    return at_least_1(static_cast<uint32_t>((uint64_t{scale.n120} + kUnit - 1) / kUnit));
}

Rect fit(Size picture, Size window, Scale scale) {
    if (picture.empty() || window.empty()) {
        return Rect::of(window);
    }
    Size shown = window;
    const uint64_t by_width = uint64_t{window.width} * picture.height;
    const uint64_t by_height = uint64_t{window.height} * picture.width;
    if (by_width < by_height) {
        shown.height = at_least_1(scaled(window.width, picture.height, picture.width));
    } else {
        shown.width = at_least_1(scaled(window.height, picture.width, picture.height));
    }
    const bool pixel_exact = whole_multiple(picture, shown, scale) > 0;
    const bool only_rounding = window.width - shown.width <= 1 && window.height - shown.height <= 1;
    if (only_rounding && !pixel_exact) {
        return Rect::of(window);
    }
    if (pixel_exact) {
        return in_the_middle(shown, window, scale);
    }
    return {(window.width - shown.width) / 2, (window.height - shown.height) / 2, shown.width,
            shown.height};
}

Rect place_picture(Scaling scaling, Size picture, Size window, Scale scale) {
    if (picture.empty() || window.empty() || scaling == Scaling::kStretch) {
        return Rect::of(window);
    }
    if (scaling == Scaling::kInteger) {
        const Size shown = largest_multiple(picture, window, scale);
        return shown.empty() ? fit(picture, window, scale) : in_the_middle(shown, window, scale);
    }
    if (scaling == Scaling::kNone) {
        const Size shown = to_logical(picture, scale);
        return has_room(shown, window) ? in_the_middle(shown, window, scale)
                                       : fit(picture, window, scale);
    }
    return fit(picture, window, scale);
}

PicturePoint to_picture(double x, double y, const Rect& shown, Size picture, Scale scale) {
    if (shown.empty() || picture.empty()) {
        return {};
    }
    double by_x = double{1} * picture.width / shown.width;
    double by_y = double{1} * picture.height / shown.height;
    if (const uint32_t times = whole_multiple(picture, shown.size(), scale); times > 0) {
        // Px by px: by the output's scale, which the rounded logical size has not quite.
        by_x = by_y = double{1} * scale.n120 / kUnit / times;
    }
    PicturePoint point{picture_px(x, shown.x, by_x), picture_px(y, shown.y, by_y), true};
    point.inside = x >= shown.x && y >= shown.y && x < static_cast<double>(shown.right()) &&
                   y < static_cast<double>(shown.bottom());
    point.x = std::clamp(point.x, 0.0, static_cast<double>(picture.width));
    point.y = std::clamp(point.y, 0.0, static_cast<double>(picture.height));
    return point;
}

CursorPlacement place_cursor(Size image, Point hotspot, Size picture, Size shown, Scale scale) {
    uint32_t times = 0;
    if (picture.empty() || shown.empty()) {
        picture = shown = {1, 1};
    } else if (times = whole_multiple(picture, shown, scale); times > 0) {
        // Px by px: by the output's scale, which the rounded logical size has not quite.
        picture = {scale.n120, scale.n120};
        shown = {kUnit * times, kUnit * times};
    }
    const uint64_t longest = std::max(scaled(image.width, shown.width, picture.width),
                                      scaled(image.height, shown.height, picture.height));
    if (longest > kLongestCursorSide) {
        // As large as may be, with its shape.
        times = 0;
        const uint32_t side = std::max(image.width, image.height);
        picture = {side, side};
        shown = {kLongestCursorSide, kLongestCursorSide};
    }
    CursorPlacement placed;
    placed.size = {at_least_1(scaled(image.width, shown.width, picture.width)),
                   at_least_1(scaled(image.height, shown.height, picture.height))};
    if (times > 1 && affordable(image, times)) {
        placed.times = times;
    }
    // Compositors differ in what they do with a hot spot outside of the surface.
    const auto x = static_cast<uint32_t>(
        std::clamp<int64_t>(hotspot.x, 0, std::max<int64_t>(int64_t{image.width} - 1, 0)));
    const auto y = static_cast<uint32_t>(
        std::clamp<int64_t>(hotspot.y, 0, std::max<int64_t>(int64_t{image.height} - 1, 0)));
    // Down: the pixel that the hot spot is in, not the next one.
    placed.hotspot = {static_cast<int32_t>(uint64_t{x} * shown.width / picture.width),
                      static_cast<int32_t>(uint64_t{y} * shown.height / picture.height)};
    return placed;
}

bool follows_window(Size picture, Size window, Scale scale) {
    constexpr uint32_t kRounded = 16;  // px a side
    const Size room = to_buffer(window, scale);
    return has_room(picture, room) && room.width - picture.width < kRounded &&
           room.height - picture.height < kRounded;
}

Size physical_size(Size mode, Size output_mode, Size output_mm) {
    if (output_mode.empty() || output_mm.empty()) {
        return {};
    }
    return {at_least_1(scaled(mode.width, output_mm.width, output_mode.width)),
            at_least_1(scaled(mode.height, output_mm.height, output_mode.height))};
}

}  // namespace oriel::wayland
