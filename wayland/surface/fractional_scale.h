// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "connection/globals.h"
#include "surface/scale.h"
#include "surface/surface.h"

namespace oriel::wayland {

/// wp_fractional_scale_v1: the exact scale that the compositor draws a surface at.
class FractionalScale {
public:
    /// Does nothing where the compositor has no such protocol. `surface` and `listener` are lent
    /// and must outlive this.
    FractionalScale(const Globals& globals, wl_surface* surface, SurfaceListener& listener);
    FractionalScale(const FractionalScale&) = delete;
    FractionalScale& operator=(const FractionalScale&) = delete;

    /// Nothing before the compositor has said.
    [[nodiscard]] std::optional<Scale> preferred() const { return preferred_; }

private:
    static const wp_fractional_scale_v1_listener kListener;

    SurfaceListener& listener_;
    std::optional<Scale> preferred_;
    Proxy<wp_fractional_scale_v1> proxy_;
};

}  // namespace oriel::wayland
