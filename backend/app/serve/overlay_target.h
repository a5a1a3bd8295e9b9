// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "scanout/scanout_id.h"

namespace oriel::app {

/// Where overlays are shown: windows, also those on the next compositor.
class OverlayTarget {
public:
    OverlayTarget() = default;
    OverlayTarget(const OverlayTarget&) = delete;
    OverlayTarget& operator=(const OverlayTarget&) = delete;

    /// All screens are dimmed and have that text over them; empty: as they are.
    virtual void set_dimmed(const std::string& text) = 0;
    /// What the screen's corner says from now on; empty: nothing.
    virtual void set_figures(ScanoutId scanout, const std::string& text) = 0;

protected:
    ~OverlayTarget() = default;
};

}  // namespace oriel::app
