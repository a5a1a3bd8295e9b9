// SPDX-License-Identifier: MIT
#include "scale.h"

#include <algorithm>

namespace oriel::wayland {
namespace {

constexpr uint64_t kUnit = 120;

/// value * numerator / denominator to the nearest, half up; 64 bits hold any product of two sides.
uint32_t scaled(uint64_t value, uint64_t numerator, uint64_t denominator) {
    return static_cast<uint32_t>((value * numerator + denominator / 2) / denominator);
}

uint32_t at_least_1(uint32_t value) {
    return std::max(value, 1U);
}

}  // namespace

Size to_logical(Size buffer, Scale scale) {
    return {at_least_1(scaled(buffer.width, kUnit, scale.n120)),
            at_least_1(scaled(buffer.height, kUnit, scale.n120))};
}

Size to_buffer(Size logical, Scale scale) {
    return {at_least_1(scaled(logical.width, scale.n120, kUnit)),
            at_least_1(scaled(logical.height, scale.n120, kUnit))};
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
    const bool pixel_exact = to_buffer(shown, scale) == picture;
    const bool only_rounding = window.width - shown.width <= 1 && window.height - shown.height <= 1;
    if (only_rounding && !pixel_exact) {
        return Rect::of(window);
    }
    return {(window.width - shown.width) / 2, (window.height - shown.height) / 2, shown.width,
            shown.height};
}

CursorPlacement place_cursor(Size image, Point hotspot, Size picture, Size shown) {
    if (picture.empty() || shown.empty()) {
        picture = shown = {1, 1};
    }
    CursorPlacement placed;
    placed.size = {at_least_1(scaled(image.width, shown.width, picture.width)),
                   at_least_1(scaled(image.height, shown.height, picture.height))};
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

Size physical_size(Size mode, Size output_mode, Size output_mm) {
    if (output_mode.empty() || output_mm.empty()) {
        return {};
    }
    return {at_least_1(scaled(mode.width, output_mm.width, output_mode.width)),
            at_least_1(scaled(mode.height, output_mm.height, output_mode.height))};
}

}  // namespace oriel::wayland
