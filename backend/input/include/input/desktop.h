// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/geometry.h"
#include "scanout/input.h"
#include "scanout/scanout_id.h"

namespace oriel::input {

/// Where a screen of the VM is in the guest's desktop, in guest px.
struct ScreenArea {
    Point position;
    Size size;
};
/// Asked for every scanout below kMaxScanouts; nothing for one that is off.
using Screens = std::function<std::optional<ScreenArea>(ScanoutId)>;

/// A place in the guest's desktop, in guest px from its top left corner.
struct DesktopPoint {
    double x = 0;
    double y = 0;
};

/// The box around all screens that are on: what absolute axes stand for.
class Desktop {
public:
    explicit Desktop(Screens screens) : screens_{std::move(screens)} {}

    /// Nothing if that screen is off. What lies outside it counts as its edge.
    [[nodiscard]] std::optional<DesktopPoint> point(const ScreenPoint& point) const;
    /// 0 to kAxisMax. The value whose px, when a guest scales it and drops the fraction, is the one
    /// that was meant.
    [[nodiscard]] int32_t axis_x(double x) const { return axis(x, box().width); }
    [[nodiscard]] int32_t axis_y(double y) const { return axis(y, box().height); }
    [[nodiscard]] DesktopPoint clamped(const DesktopPoint& point) const;

private:
    struct Box {
        double left = 0;
        double top = 0;
        double width = 0;
        double height = 0;
    };
    [[nodiscard]] Box box() const;
    [[nodiscard]] static int32_t axis(double value, double extent);

    Screens screens_;
};

}  // namespace oriel::input
