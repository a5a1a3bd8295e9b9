// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gray_picture.h"
#include "least_squares.h"
#include "match/needle.h"

namespace oriel::match {
namespace {

/// A mean square error with which the similarity is 0: where it fits best does not matter then.
constexpr uint64_t kNothingAlike = 382;

/// os-autoinst's measure: a mean square error of 2 or less is 1, of 40 is 0.9.
double similarity_of(uint64_t error, const Size& size) {
    const double mean = static_cast<double>(error) / static_cast<double>(size.area());
    return std::clamp(0.9 + (40 - mean) / 380, 0.0, 1.0);
}

/// An area with the margin around it, as much of it as is in the frame. The area is inside it. A
/// frame of another size than the needle's picture changes nothing of that: os-autoinst's rule.
Rect window_around(const PictureView& frame, const NeedleArea& area) {
    const auto from = [&](uint32_t at) {
        return static_cast<uint32_t>(std::max<int64_t>(0, int64_t{at} - area.margin));
    };
    const auto end = [&](uint32_t at, uint32_t length, uint32_t side) {
        return static_cast<uint32_t>(std::min<uint64_t>(side, uint64_t{at} + length + area.margin));
    };
    const Rect& where = area.where;
    const uint32_t left = from(where.x);
    const uint32_t top = from(where.y);
    return {left, top, end(where.x, where.width, frame.size.width) - left,
            end(where.y, where.height, frame.size.height) - top};
}

struct Located {
    Point at;  ///< in the frame
    double similarity = 0;
    std::string trouble;
};

Located locate(const PictureView& frame, const Needle& needle, const NeedleArea& area) {
    if (!area.where.inside(frame.size)) {
        return {.trouble = fmt::format("its area {}x{} at {},{} is outside the frame of {}x{}",
                                       area.where.width, area.where.height, area.where.x,
                                       area.where.y, frame.size.width, frame.size.height)};
    }
    const Rect& there = area.where;
    const Point expected{static_cast<int32_t>(there.x), static_cast<int32_t>(there.y)};
    const Rect window = window_around(frame, area);
    const GrayPicture object = blurred_gray(needle.picture.view(), there);
    const uint64_t error = squared_error(blurred_gray(frame, there), object, 0, 0, UINT64_MAX);
    if (error == 0) {
        return {expected, 1, {}};
    }
    const Place known{
        {static_cast<int32_t>(there.x - window.x), static_cast<int32_t>(there.y - window.y)},
        error};
    // `expected` is in px of the frame while places are in px of the window: os-autoinst's rule.
    const auto best = least_squares(blurred_gray(frame, window), object, expected, known,
                                    kNothingAlike * there.size().area());
    if (!best) {
        return {expected, 0, {}};
    }
    return {
        {best->at.x + static_cast<int32_t>(window.x), best->at.y + static_cast<int32_t>(window.y)},
        similarity_of(best->error, there.size()),
        {}};
}

AreaMatch match_area(const PictureView& frame, const Needle& needle, const NeedleArea& area) {
    Located located = locate(frame, needle, area);
    AreaMatch result{
        .ok = located.trouble.empty() && located.similarity >= area.percent / 100,
        .similarity = located.similarity,
        .where = {static_cast<uint32_t>(located.at.x), static_cast<uint32_t>(located.at.y),
                  area.where.width, area.where.height},
        .trouble = std::move(located.trouble)};
    if (area.click) {
        result.click = ClickPoint{
            {located.at.x + area.click->at.x, located.at.y + area.click->at.y}, area.click->id};
    }
    return result;
}

bool excludes(const Needle& needle) {
    return std::any_of(needle.areas.begin(), needle.areas.end(),
                       [](const NeedleArea& area) { return area.type == AreaType::kExclude; });
}

NeedleMatch match_areas(const PictureView& frame, const Needle& needle) {
    NeedleMatch result{.ok = true};
    double squares = 0;
    for (const NeedleArea& area : needle.areas) {
        if (area.type != AreaType::kMatch) {
            continue;
        }
        result.areas.push_back(match_area(frame, needle, area));
        const AreaMatch& found = result.areas.back();
        result.ok = result.ok && found.ok;
        squares += (1 - found.similarity) * (1 - found.similarity);
    }
    if (!result.areas.empty()) {
        result.error = squares / static_cast<double>(result.areas.size());
    }
    return result;
}

bool is_workaround(const Needle& needle) {
    return std::find(needle.properties.begin(), needle.properties.end(), "workaround") !=
           needle.properties.end();
}

}  // namespace

NeedleMatch match(const PictureView& frame, const Needle& needle) {
    if (!excludes(needle)) {
        return match_areas(frame, needle);
    }
    Picture painted = copy_of(frame);
    for (const NeedleArea& area : needle.areas) {
        // What is not wholly inside is not painted: os-autoinst's rule.
        if (area.type == AreaType::kExclude && area.where.inside(frame.size)) {
            fill(painted, area.where, kExcludedColour);
        }
    }
    return match_areas(painted.view(), needle);
}

std::string NeedleMatch::message() const {
    const auto worst = std::min_element(
        areas.begin(), areas.end(),
        [](const AreaMatch& a, const AreaMatch& b) { return a.similarity < b.similarity; });
    if (worst == areas.end()) {
        return "there is nothing to match";
    }
    if (!worst->trouble.empty()) {
        return worst->trouble;
    }
    return fmt::format(
        "{} of {} areas match; the worst one is {:.1f} % similar, {}x{} at {},{}",
        std::count_if(areas.begin(), areas.end(), [](const AreaMatch& area) { return area.ok; }),
        areas.size(), worst->similarity * 100, worst->where.width, worst->where.height,
        worst->where.x, worst->where.y);
}

BestNeedle match_any(const PictureView& frame, std::span<const Needle> needles) {
    BestNeedle best;
    best.matches.reserve(needles.size());
    for (const Needle& needle : needles) {
        best.matches.push_back(match(frame, needle));
    }
    best.order.resize(needles.size());
    std::iota(best.order.begin(), best.order.end(), size_t{0});
    std::sort(best.order.begin(), best.order.end(), [&](size_t a, size_t b) {
        const auto rank = [&](size_t i) {
            return std::tuple{!best.matches[i].ok, best.matches[i].error,
                              !is_workaround(needles[i]), std::string_view{needles[i].name}};
        };
        return rank(a) < rank(b);
    });
    if (!best.order.empty() && best.matches[best.order.front()].ok) {
        best.index = best.order.front();
    }
    return best;
}

}  // namespace oriel::match
