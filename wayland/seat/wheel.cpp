// SPDX-License-Identifier: MIT
#include "seat/wheel.h"

#include <wayland-client-protocol.h>

#include <algorithm>
#include <cmath>

namespace oriel::wayland {
namespace {

constexpr double kPartsPerPx = 12;
constexpr int32_t kPartsPerNotch = 120;
// No wheel turns as far in one frame, and sums stay sums.
constexpr int32_t kMost = 120 * 1000;

int32_t sum(int64_t a, int64_t b) {
    return static_cast<int32_t>(std::clamp<int64_t>(a + b, -kMost, kMost));
}

}  // namespace

void WheelCounter::scrolled(uint32_t axis, double distance) {
    if (axis < axes_.size()) {
        axes_.at(axis).distance += distance;
    }
}

void WheelCounter::notches(uint32_t axis, int32_t count) {
    parts(axis,
          std::clamp(count, -kMost / kPartsPerNotch, kMost / kPartsPerNotch) * kPartsPerNotch);
}

void WheelCounter::parts(uint32_t axis, int32_t count120) {
    if (axis < axes_.size()) {
        axes_.at(axis).count120 = sum(axes_.at(axis).count120, count120);
        axes_.at(axis).counted = true;
    }
}

void WheelCounter::stopped(uint32_t axis) {
    if (axis < axes_.size()) {
        axes_.at(axis).rest = 0;
    }
}

int32_t WheelCounter::take(Axis& axis) {
    int32_t turned = axis.count120;
    double rest = axis.rest;
    if (!axis.counted) {
        const double parts =
            std::clamp(axis.distance * kPartsPerPx + axis.rest, double{-kMost}, double{kMost});
        turned = static_cast<int32_t>(std::trunc(parts));
        rest = parts - turned;
    }
    axis = {.rest = rest};
    return turned;
}

WheelTurn WheelCounter::take() {
    return {.vertical = take(axes_.at(WL_POINTER_AXIS_VERTICAL_SCROLL)),
            .horizontal = take(axes_.at(WL_POINTER_AXIS_HORIZONTAL_SCROLL))};
}

}  // namespace oriel::wayland
