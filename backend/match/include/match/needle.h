// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "match/picture_view.h"

namespace oriel::match {

/// What an area of one of openQA's needles is for.
enum class AreaType : uint8_t {
    kMatch,    ///< is searched in the frame
    kExclude,  ///< is not looked at
    kOcr,      ///< text is read there when all others match; says nothing about the match
};

/// Where a user would click, in px from the area's top left corner.
struct ClickPoint {
    Point at;
    std::string id;  ///< a needle's points are told apart by it; empty where there is only one
};

/// What excluded areas are painted with, in the needle and in the frame (0x00RRGGBB).
constexpr uint32_t kExcludedColour = 0x0000ff00;

struct NeedleArea {
    AreaType type = AreaType::kMatch;
    Rect where;            ///< inside the needle's picture, not empty
    uint32_t margin = 50;  ///< px around `where` in which it is searched
    double percent = 96;   ///< the least similarity, in percent
    std::optional<ClickPoint> click;
};

/// A needle as openQA keeps it: NAME.json with areas and tags, and NAME.png beside it.
struct Needle {
    std::string name;
    std::vector<std::string> tags;
    std::vector<std::string> properties;  ///< their names, "workaround" for one
    std::vector<NeedleArea> areas;        ///< at least one to match or to read, in the file's order
    Picture picture;                      ///< excluded areas are painted over
};

/// Bounds of what is read.
constexpr size_t kMaxNeedleFile = 1 << 20;  ///< bytes of a JSON file
constexpr size_t kMaxNeedleAreas = 256;     ///< of a needle
constexpr size_t kMaxNeedles = 4096;        ///< in a folder

/// Reads NAME.json and its picture. The error is one line that names the file and what is wrong:
/// no JSON, an area without a size or outside the picture, no area to match, a picture that
/// read_png() refuses.
[[nodiscard]] Result<Needle> read_needle(const std::string& json_path);

/// The paths of all NAME.json below a folder (and in folders in it), sorted.
[[nodiscard]] Result<std::vector<std::string>> needle_files(const std::string& folder);

/// The needles below a folder that have a tag, in the order of their paths: openQA asks for tags,
/// not for files. Of the others no picture is read. An error also where none has it.
[[nodiscard]] Result<std::vector<Needle>> tagged_needles(const std::string& folder,
                                                         std::string_view tag);

struct AreaMatch {
    bool ok = false;
    double similarity = 0;            ///< 0 to 1, os-autoinst's measure
    Rect where;                       ///< where it was found, or where it fits best, in the frame
    std::optional<ClickPoint> click;  ///< in px of the frame
    std::string trouble;  ///< why it could not be looked at, for example outside the frame
};

struct NeedleMatch {
    bool ok = false;               ///< all areas to match do
    double error = 0;              ///< mean square of what the areas' similarities lack; 0 is best
    std::vector<AreaMatch> areas;  ///< of the areas to match only, in the needle's order

    /// One line for people: the area that matches worst.
    [[nodiscard]] std::string message() const;
};

/// Matches as os-autoinst does: both pictures grey and blurred (3x3), each area searched with its
/// margin by the sum of squared differences, similarity = 0.9 + (40 - mean square error) / 380.
[[nodiscard]] NeedleMatch match(const PictureView& frame, const Needle& needle);

struct BestNeedle {
    std::optional<size_t> index;       ///< the needle that matches and is the best of those
    std::vector<NeedleMatch> matches;  ///< of each needle, in the order of `needles`
    /// Indices of `needles`, the best first, in os-autoinst's order: matching ones, then the
    /// smallest error, workarounds, names.
    std::vector<size_t> order;
};

/// Several alternatives: any that matches is good.
[[nodiscard]] BestNeedle match_any(const PictureView& frame, std::span<const Needle> needles);

}  // namespace oriel::match
