// SPDX-License-Identifier: MIT
#pragma once

#include <pixman.h>

#include <cstdint>
#include <optional>
#include <span>

namespace oriel {

/// Width and height; the unit (buffer px, logical px, mm) is said where one is used.
struct Size {
    uint32_t width = 0;
    uint32_t height = 0;
    [[nodiscard]] constexpr bool empty() const { return width == 0 || height == 0; }
    [[nodiscard]] constexpr uint64_t area() const { return uint64_t{width} * height; }
    friend constexpr bool operator==(Size, Size) = default;
};

struct Point {
    int32_t x = 0;
    int32_t y = 0;
    friend constexpr bool operator==(Point, Point) = default;
};

/// A rectangle of pixels, origin top left, right and bottom edges exclusive. Never negative: what a
/// guest sends is checked against the size of what it addresses before it becomes a Rect in use.
struct Rect {
    uint32_t x = 0;
    uint32_t y = 0;
    uint32_t width = 0;
    uint32_t height = 0;

    [[nodiscard]] static constexpr Rect of(Size size) { return {0, 0, size.width, size.height}; }
    [[nodiscard]] constexpr bool empty() const { return width == 0 || height == 0; }
    [[nodiscard]] constexpr Size size() const { return {width, height}; }
    [[nodiscard]] constexpr uint64_t right() const { return uint64_t{x} + width; }
    [[nodiscard]] constexpr uint64_t bottom() const { return uint64_t{y} + height; }
    [[nodiscard]] constexpr bool inside(Size outer) const {
        return right() <= outer.width && bottom() <= outer.height;
    }
    friend constexpr bool operator==(const Rect&, const Rect&) = default;
};

/// The common part of both; empty (0x0) where there is none.
[[nodiscard]] Rect intersection(const Rect& a, const Rect& b);

/// A set of pixels, kept as pixman's y-x banded rectangles. Used for damage.
///
/// Sizes up to 16384 in this program: coordinates always fit pixman's int32.
class Region {
public:
    Region() { pixman_region32_init(&region_); }
    explicit Region(const Rect& rect);
    Region(const Region& other);
    Region(Region&& other) noexcept;
    Region& operator=(const Region& other);
    Region& operator=(Region&& other) noexcept;
    ~Region() { pixman_region32_fini(&region_); }

    void add(const Rect& rect);
    void add(const Region& other);
    void subtract(const Region& other);
    void intersect(const Rect& rect);
    void intersect(const Region& other);
    void translate(int32_t dx, int32_t dy);
    void clear();

    [[nodiscard]] bool empty() const;
    [[nodiscard]] bool contains(const Rect& rect) const;
    [[nodiscard]] Rect bounds() const;
    /// Number of pixels in the set.
    [[nodiscard]] uint64_t area() const;
    /// Number of rectangles: what the set costs in memory and in time.
    [[nodiscard]] size_t rect_count() const { return boxes().size(); }
    [[nodiscard]] bool operator==(const Region& other) const;

    /// Calls `visit(Rect)` for each rectangle, top to bottom.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const pixman_box32_t& box : boxes()) {
            visit(to_rect(box));
        }
    }

private:
    [[nodiscard]] std::span<const pixman_box32_t> boxes() const;
    [[nodiscard]] static Rect to_rect(const pixman_box32_t& box);

    mutable pixman_region32_t region_;
};

}  // namespace oriel
