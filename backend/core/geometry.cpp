// SPDX-License-Identifier: MIT
#include "core/geometry.h"

#include <algorithm>

namespace oriel {

Rect intersection(const Rect& a, const Rect& b) {
    const uint32_t x = std::max(a.x, b.x);
    const uint32_t y = std::max(a.y, b.y);
    const uint64_t right = std::min(a.right(), b.right());
    const uint64_t bottom = std::min(a.bottom(), b.bottom());
    if (right <= x || bottom <= y) {
        return {};
    }
    return {x, y, static_cast<uint32_t>(right - x), static_cast<uint32_t>(bottom - y)};
}

Region::Region(const Rect& rect) {
    pixman_region32_init_rect(&region_, static_cast<int>(rect.x), static_cast<int>(rect.y),
                              rect.width, rect.height);
}

Region::Region(const Region& other) {
    pixman_region32_init(&region_);
    pixman_region32_copy(&region_, &other.region_);
}

Region::Region(Region&& other) noexcept : region_{other.region_} {
    pixman_region32_init(&other.region_);
}

Region& Region::operator=(const Region& other) {
    if (this != &other) {
        pixman_region32_copy(&region_, &other.region_);
    }
    return *this;
}

Region& Region::operator=(Region&& other) noexcept {
    if (this != &other) {
        pixman_region32_fini(&region_);
        region_ = other.region_;
        pixman_region32_init(&other.region_);
    }
    return *this;
}

void Region::add(const Rect& rect) {
    if (!rect.empty()) {
        pixman_region32_union_rect(&region_, &region_, static_cast<int>(rect.x),
                                   static_cast<int>(rect.y), rect.width, rect.height);
    }
}

void Region::add(const Region& other) {
    pixman_region32_union(&region_, &region_, &other.region_);
}

void Region::subtract(const Region& other) {
    pixman_region32_subtract(&region_, &region_, &other.region_);
}

void Region::intersect(const Rect& rect) {
    pixman_region32_intersect_rect(&region_, &region_, static_cast<int>(rect.x),
                                   static_cast<int>(rect.y), rect.width, rect.height);
}

void Region::intersect(const Region& other) {
    pixman_region32_intersect(&region_, &region_, &other.region_);
}

void Region::translate(int32_t dx, int32_t dy) {
    pixman_region32_translate(&region_, dx, dy);
}

void Region::clear() {
    pixman_region32_clear(&region_);
}

bool Region::empty() const {
    return pixman_region32_not_empty(&region_) == 0;
}

bool Region::contains(const Rect& rect) const {
    if (rect.empty()) {
        return true;
    }
    pixman_box32_t box{static_cast<int32_t>(rect.x), static_cast<int32_t>(rect.y),
                       static_cast<int32_t>(rect.right()), static_cast<int32_t>(rect.bottom())};
    return pixman_region32_contains_rectangle(&region_, &box) == PIXMAN_REGION_IN;
}

Rect Region::bounds() const {
    return to_rect(*pixman_region32_extents(&region_));
}

uint64_t Region::area() const {
    uint64_t pixels = 0;
    for_each([&pixels](const Rect& rect) { pixels += rect.size().area(); });
    return pixels;
}

bool Region::operator==(const Region& other) const {
    return pixman_region32_equal(&region_, &other.region_) != 0;
}

std::span<const pixman_box32_t> Region::boxes() const {
    int count = 0;
    const pixman_box32_t* first = pixman_region32_rectangles(&region_, &count);
    return {first, static_cast<size_t>(count)};
}

Rect Region::to_rect(const pixman_box32_t& box) {
    // Negative coordinates only arise by translate(); what lies there is on no surface.
    const int32_t x1 = std::max(box.x1, 0);
    const int32_t y1 = std::max(box.y1, 0);
    const int32_t x2 = std::max(box.x2, x1);
    const int32_t y2 = std::max(box.y2, y1);
    return {static_cast<uint32_t>(x1), static_cast<uint32_t>(y1), static_cast<uint32_t>(x2 - x1),
            static_cast<uint32_t>(y2 - y1)};
}

}  // namespace oriel
