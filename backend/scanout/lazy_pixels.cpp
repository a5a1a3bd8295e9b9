// SPDX-License-Identifier: MIT
#include "lazy_pixels.h"

#include <utility>

#include "core/clock.h"
#include "core/log.h"

namespace oriel {
namespace {

constexpr size_t kMaxStaleRects = 512;

}  // namespace

std::shared_ptr<MemoryPixels> make_lazy_pixels(Size size) {
    auto made = MemoryPixels::create(size);
    if (made) {
        return std::move(*made);
    }
    static LogLimiter limiter;  // one for all pictures: at each frame it fails again
    if (limiter.admit(SystemClock{}.now())) {
        log_error("scanout", "no memory for a copy of a picture of {}x{}: {}", size.width,
                  size.height, made.error().message());
    }
    return nullptr;
}

void add_stale(Region& stale, const Region& damage) {
    stale.add(damage);
    if (stale.rect_count() > kMaxStaleRects) {
        stale = Region{stale.bounds()};
    }
}

}  // namespace oriel
