// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "core/geometry.h"

namespace oriel {

/// A region that costs a bounded amount of memory and time, whatever is added to it: beyond
/// kMaxRects rectangles it becomes the one that encloses them all. For damage, where too much is
/// only slower.
class BoundedRegion {
public:
    /// Beyond that one larger rectangle is cheaper than many small ones, for us and a compositor.
    static constexpr size_t kMaxRects = 32;

    /// This rectangle and nothing else.
    void set(const Rect& rect) { region_ = Region{rect}; }
    void add(const Region& region) {
        region_.add(region);
        limit();
    }
    void intersect(const Region& region) {
        region_.intersect(region);
        limit();
    }
    void clear() { region_.clear(); }
    [[nodiscard]] bool empty() const { return region_.empty(); }
    /// At most kMaxRects rectangles.
    [[nodiscard]] const Region& region() const { return region_; }

private:
    void limit() {
        if (region_.rect_count() > kMaxRects) {
            region_ = Region{region_.bounds()};
        }
    }

    Region region_;
};

}  // namespace oriel
