// SPDX-License-Identifier: MIT
#include "input/desktop.h"

#include <algorithm>
#include <cmath>

#include "input/event_target.h"

namespace oriel::input {
namespace {

double within(double value, double low, double high) {
    return std::isfinite(value) ? std::clamp(value, low, std::max(low, high)) : low;
}

}  // namespace

Desktop::Box Desktop::box() const {
    std::optional<Box> all;  // width and height are the right and bottom edges until the end
    for (ScanoutId scanout = 0; scanout < kMaxScanouts; ++scanout) {
        const auto area = screens_(scanout);
        if (!area || area->size.empty()) {
            continue;
        }
        const Box screen{.left = static_cast<double>(area->position.x),
                         .top = static_cast<double>(area->position.y),
                         .width = static_cast<double>(area->position.x) + area->size.width,
                         .height = static_cast<double>(area->position.y) + area->size.height};
        const Box so_far = all.value_or(screen);
        all = {.left = std::min(so_far.left, screen.left),
               .top = std::min(so_far.top, screen.top),
               .width = std::max(so_far.width, screen.width),
               .height = std::max(so_far.height, screen.height)};
    }
    Box box = all.value_or(Box{});
    box.width -= box.left;
    box.height -= box.top;
    return box;
}

std::optional<DesktopPoint> Desktop::point(const ScreenPoint& point) const {
    const auto area = point.scanout < kMaxScanouts ? screens_(point.scanout) : std::nullopt;
    if (!area || area->size.empty()) {
        return std::nullopt;
    }
    const Box all = box();
    return DesktopPoint{area->position.x - all.left + within(point.x, 0, area->size.width),
                        area->position.y - all.top + within(point.y, 0, area->size.height)};
}

DesktopPoint Desktop::clamped(const DesktopPoint& point) const {
    const Box all = box();
    return {within(point.x, 0, all.width), within(point.y, 0, all.height)};
}

int32_t Desktop::axis(double value, double extent) {
    if (extent <= 0) {
        return 0;
    }
    // Guests take the axis' range as kAxisMax + 1 steps over their width.
    const double exact = value * (kAxisMax + 1) / extent;
    return static_cast<int32_t>(within(std::ceil(exact), 0, kAxisMax));
}

}  // namespace oriel::input
