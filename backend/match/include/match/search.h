// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/geometry.h"
#include "match/compare.h"
#include "match/picture_view.h"

namespace oriel::match {

struct SearchOptions {
    /// Where the whole needle must lie; empty: anywhere in the frame.
    Rect within;
    Tolerance tolerance;
};

/// Where a needle was found.
struct Found {
    Rect where;              ///< in the frame, of the needle's size
    uint64_t differing = 0;  ///< pixels beyond the tolerance of a channel, as many as may be
    uint8_t largest = 0;     ///< see Comparison
};

/// Searches a picture at any place of the frame. Of several places the first one, row by row, wins
/// (and not the one that fits best). Nothing where the needle is larger than what is searched.
[[nodiscard]] std::optional<Found> search(const PictureView& frame, const PictureView& needle,
                                          const SearchOptions& options = {});

/// The place where the needle differs least, for a message about a search that failed: the sum of
/// squared differences of brightness decides, roughly where nothing is alike. Costs more than
/// search(). Nothing where the needle does not fit in.
[[nodiscard]] std::optional<Found> nearest(const PictureView& frame, const PictureView& needle,
                                           const SearchOptions& options = {});

}  // namespace oriel::match
