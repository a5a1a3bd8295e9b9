// SPDX-License-Identifier: MIT
#include "match/search.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gray_picture.h"
#include "least_squares.h"
#include "pixel_difference.h"
#include "window_sums.h"

namespace oriel::match {
namespace {

/// Places of a needle's top left corner: [left, right] and [top, bottom].
struct Corners {
    uint32_t left = 0;
    uint32_t top = 0;
    uint32_t right = 0;
    uint32_t bottom = 0;
};

std::optional<Corners> corners_of(const PictureView& frame, const PictureView& needle,
                                  const Rect& within) {
    const Rect area =
        within.empty() ? Rect::of(frame.size) : intersection(within, Rect::of(frame.size));
    if (area.width < needle.size.width || area.height < needle.size.height) {
        return std::nullopt;
    }
    return Corners{area.x, area.y, area.x + area.width - needle.size.width,
                   area.y + area.height - needle.size.height};
}

Found found_at(const PictureView& frame, const PictureView& needle, uint32_t x, uint32_t y,
               const Tolerance& tolerance) {
    const Rect where{x, y, needle.size.width, needle.size.height};
    const Comparison compared = compare(needle, frame.part(where), tolerance);
    return {where, compared.differing, compared.largest};
}

/// Whether at most `allowed` pixels differ by more than the tolerance.
bool fits(const PictureView& frame, const PictureView& needle, uint32_t x, uint32_t y,
          uint8_t tolerance, uint64_t allowed) {
    uint64_t differing = 0;
    for (uint32_t row = 0; row < needle.size.height; ++row) {
        const uint32_t* expected = needle.row(row);
        const uint32_t* seen = frame.row(y + row) + x;
        for (uint32_t i = 0; i < needle.size.width; ++i) {
            if (channel_difference(expected[i], seen[i]) > tolerance && ++differing > allowed) {
                return false;
            }
        }
    }
    return true;
}

/// A pixel of the needle that a place is judged by first.
struct Probe {
    uint32_t x = 0;
    uint32_t y = 0;
    uint32_t colour = 0;
};

/// How many pixels of the needle (of some, if it is large) look like this one.
size_t count_of(const PictureView& needle, uint32_t colour) {
    const uint32_t step = needle.size.height / 64 + 1;
    size_t count = 0;
    for (uint32_t y = 0; y < needle.size.height; y += step) {
        const uint32_t* row = needle.row(y);
        for (uint32_t x = 0; x < needle.size.width; ++x) {
            count += ((row[x] ^ colour) & 0x00ffffff) == 0 ? 1 : 0;
        }
    }
    return count;
}

/// Pixels beside an edge, from all over the needle, with the rarest colour first: few places of a
/// screen pass them. A needle of one colour has one probe.
std::vector<Probe> probes_of(const PictureView& needle) {
    constexpr size_t kEdges = 12;
    std::vector<Probe> probes;
    probes.reserve(kEdges * 2);
    const auto add = [&](uint32_t x, uint32_t y) { probes.push_back({x, y, needle.row(y)[x]}); };
    uint32_t next = 0;
    const uint32_t step = std::max<uint32_t>(1, needle.size.height / kEdges);
    for (uint32_t y = 0; y < needle.size.height && probes.size() < kEdges * 2; ++y) {
        if (y < next) {
            continue;
        }
        const uint32_t* row = needle.row(y);
        // Not the same column in each row.
        const uint32_t from = (y * 7919) % needle.size.width;
        for (uint32_t i = 0; i < needle.size.width; ++i) {
            const uint32_t x = (from + i) % needle.size.width;
            if (x > 0 && ((row[x] ^ row[x - 1]) & 0x00ffffff) != 0) {
                add(x, y);
                add(x - 1, y);
                next = y + step;
                break;
            }
        }
    }
    if (probes.empty()) {
        add(0, 0);
        add(needle.size.width - 1, needle.size.height - 1);
    }
    const auto rarest =
        std::min_element(probes.begin(), probes.end(), [&](const Probe& a, const Probe& b) {
            return count_of(needle, a.colour) < count_of(needle, b.colour);
        });
    std::iter_swap(probes.begin(), rarest);
    return probes;
}

/// With no pixel that may differ: probes exclude nearly all places, sixteen at once.
class ProbeSearch {
public:
    ProbeSearch(const PictureView& frame, const PictureView& needle, uint8_t tolerance)
        : frame_{frame}, needle_{needle}, tolerance_{tolerance}, probes_{probes_of(needle)} {}

    [[nodiscard]] std::optional<Point> run(const Corners& corners) const {
        for (uint32_t y = corners.top; y <= corners.bottom; ++y) {
            uint32_t x = corners.left;
            for (; uint64_t{x} + kBlock <= uint64_t{corners.right} + 1; x += kBlock) {
                if (!any_passes(x, y)) {
                    continue;
                }
                if (const auto found = first_of(x, x + kBlock - 1, y)) {
                    return found;
                }
            }
            if (const auto found = first_of(x, corners.right, y)) {
                return found;
            }
        }
        return std::nullopt;
    }

private:
    /// Whether one of the places [x, x + kBlock) passes the first probe.
    [[nodiscard]] bool any_passes(uint32_t x, uint32_t y) const {
        const Probe& probe = probes_.front();
        const uint32_t* row = frame_.row(y + probe.y) + x + probe.x;
        if (tolerance_ != 0) {
            return any_near(row, probe.colour);
        }
        uint32_t passes = 0;
        const uint32_t colour = probe.colour & 0x00ffffff;
        for (uint32_t i = 0; i < kBlock; ++i) {
            passes |= (row[i] & 0x00ffffff) == colour ? 1U : 0U;
        }
        return passes != 0;
    }

    [[nodiscard]] bool any_near(const uint32_t* row, uint32_t colour) const {
        uint32_t passes = 0;
        for (uint32_t i = 0; i < kBlock; ++i) {
            passes |= channel_difference(row[i], colour) <= tolerance_ ? 1U : 0U;
        }
        return passes != 0;
    }

    [[nodiscard]] bool passes_all(uint32_t x, uint32_t y) const {
        return std::all_of(probes_.begin(), probes_.end(), [&](const Probe& probe) {
            return channel_difference(frame_.row(y + probe.y)[x + probe.x], probe.colour) <=
                   tolerance_;
        });
    }

    [[nodiscard]] std::optional<Point> first_of(uint32_t x, uint32_t last, uint32_t y) const {
        for (; x <= last; ++x) {
            if (passes_all(x, y) && fits(frame_, needle_, x, y, tolerance_, 0)) {
                return Point{static_cast<int32_t>(x), static_cast<int32_t>(y)};
            }
        }
        return std::nullopt;
    }

    const PictureView& frame_;
    const PictureView& needle_;
    uint8_t tolerance_;
    std::vector<Probe> probes_;
};

/// With some pixels that may differ: sums over blocks tell how many differ at least.
class SumSearch {
public:
    SumSearch(const PictureView& frame, const PictureView& needle, uint8_t tolerance,
              uint64_t allowed)
        : frame_{frame},
          needle_{needle},
          tolerance_{tolerance},
          allowed_{allowed},
          scene_{sums_of(frame)},
          object_{sums_of(needle)},
          whole_{object_, needle.size, needle.size},
          blocks_{object_,
                  needle.size,
                  {std::max(1U, needle.size.width / 8), std::max(1U, needle.size.height / 4)}} {}

    [[nodiscard]] std::optional<Point> run(const Corners& corners) const {
        for (uint32_t y = corners.top; y <= corners.bottom; ++y) {
            for (uint32_t x = corners.left; x <= corners.right; ++x) {
                if (may_fit(whole_, x, y) && may_fit(blocks_, x, y) &&
                    fits(frame_, needle_, x, y, tolerance_, allowed_)) {
                    return Point{static_cast<int32_t>(x), static_cast<int32_t>(y)};
                }
            }
        }
        return std::nullopt;
    }

private:
    /// All three channels together.
    static constexpr int64_t kMost = int64_t{3} * 255;

    [[nodiscard]] static WindowSums<> sums_of(const PictureView& picture) {
        const uint32_t* row = nullptr;
        return {picture.size, [&, row](uint32_t x, uint32_t y) mutable {
                    row = x == 0 ? picture.row(y) : row;
                    const uint32_t pixel = row[x];
                    return (pixel & 0xff) + (pixel >> 8 & 0xff) + (pixel >> 16 & 0xff);
                }};
    }

    [[nodiscard]] bool may_fit(const BlockSums& blocks, uint32_t x, uint32_t y) const {
        const int64_t equal = int64_t{tolerance_} * 3;
        const int64_t slack = equal * static_cast<int64_t>(blocks.pixels());
        int64_t excess = 0;
        const int64_t enough = static_cast<int64_t>(allowed_) * (kMost - equal);
        blocks.each(scene_, x, y, [&](int64_t difference) {
            excess += std::max<int64_t>(0, std::abs(difference) - slack);
            return excess <= enough;
        });
        return excess <= enough;
    }

    const PictureView& frame_;
    const PictureView& needle_;
    uint8_t tolerance_;
    uint64_t allowed_;
    WindowSums<> scene_;
    WindowSums<> object_;
    BlockSums whole_;
    BlockSums blocks_;
};

uint64_t allowed_pixels(const PictureView& needle, const Tolerance& tolerance) {
    return static_cast<uint64_t>(std::clamp(tolerance.share, 0.0, 1.0) *
                                 static_cast<double>(needle.size.area()));
}

/// Sums over a whole needle must not overflow.
bool sums_fit(const PictureView& needle) {
    return needle.size.area() <= UINT32_MAX / (3 * 255);
}

}  // namespace

std::optional<Found> search(const PictureView& frame, const PictureView& needle,
                            const SearchOptions& options) {
    const auto corners = corners_of(frame, needle, options.within);
    if (!corners) {
        return std::nullopt;
    }
    const uint64_t allowed = allowed_pixels(needle, options.tolerance);
    const uint8_t channel = options.tolerance.channel;
    std::optional<Point> at;
    if (allowed == 0) {
        at = ProbeSearch{frame, needle, channel}.run(*corners);
    } else if (sums_fit(needle)) {
        at = SumSearch{frame, needle, channel, allowed}.run(*corners);
    } else {
        // So large a needle has few places.
        for (uint32_t y = corners->top; y <= corners->bottom && !at; ++y) {
            for (uint32_t x = corners->left; x <= corners->right && !at; ++x) {
                if (fits(frame, needle, x, y, channel, allowed)) {
                    at = Point{static_cast<int32_t>(x), static_cast<int32_t>(y)};
                }
            }
        }
    }
    if (!at) {
        return std::nullopt;
    }
    return found_at(frame, needle, static_cast<uint32_t>(at->x), static_cast<uint32_t>(at->y),
                    options.tolerance);
}

std::optional<Found> nearest(const PictureView& frame, const PictureView& needle,
                             const SearchOptions& options) {
    const auto corners = corners_of(frame, needle, options.within);
    if (!corners) {
        return std::nullopt;
    }
    const Rect area{corners->left, corners->top, corners->right - corners->left + needle.size.width,
                    corners->bottom - corners->top + needle.size.height};
    // Exact where something is rather like the needle; where nothing is, a rough answer is as good.
    constexpr uint64_t kAlike = 400;
    const GrayPicture scene = blurred_gray(frame, area);
    const GrayPicture object = blurred_gray(needle, Rect::of(needle.size));
    Place best = most_like(scene, object);
    if (best.error <= kAlike * needle.size.area()) {
        best = least_squares(scene, object, {}, {}, best.error).value_or(best);
    }
    return found_at(frame, needle, area.x + static_cast<uint32_t>(best.at.x),
                    area.y + static_cast<uint32_t>(best.at.y), options.tolerance);
}

}  // namespace oriel::match
