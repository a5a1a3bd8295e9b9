// SPDX-License-Identifier: MIT
#include "scanout/pieces.h"

#include <algorithm>

namespace oriel {

Region take_part(Region& region, uint64_t pixels) {
    Region part;
    uint64_t left = pixels;
    region.for_each([&](const Rect& rect) {
        if (left == 0) {
            return;
        }
        const uint64_t rows = std::min<uint64_t>((left + rect.width - 1) / rect.width, rect.height);
        const Rect taken{rect.x, rect.y, rect.width, static_cast<uint32_t>(rows)};
        part.add(taken);
        left -= std::min(left, taken.size().area());
    });
    region.subtract(part);
    return part;
}

}  // namespace oriel
