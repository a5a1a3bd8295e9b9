// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "gray_picture.h"

namespace oriel::match {

/// A place of an object in a scene.
struct Place {
    Point at;
    uint64_t error = 0;  ///< sum of squared differences
};

/// The sum of squared differences of an object and what the scene has at (x, y), where the object
/// fits in. As soon as it is beyond `limit` any number beyond it is returned.
[[nodiscard]] uint64_t squared_error(const GrayPicture& scene, const GrayPicture& object,
                                     uint32_t x, uint32_t y, uint64_t limit);

/// Where the object fits best with an error of at most `most`, by os-autoinst's rule: of all places
/// whose error is at most 10 above the least one, and that come after the first with the least, the
/// one nearest to `near`. `known` is a place to start from, and no worse place is ever taken. The
/// object is not larger than the scene.
///
/// Exact, and quick: sums over blocks tell what the error is at least (successive elimination, Li
/// and Salari 1995), which excludes most places.
[[nodiscard]] std::optional<Place> least_squares(const GrayPicture& scene,
                                                 const GrayPicture& object, Point near,
                                                 const std::optional<Place>& known, uint64_t most);

/// Where the object's brightness, in 4x4 parts, is most like the scene's. The error is that
/// place's.
[[nodiscard]] Place most_like(const GrayPicture& scene, const GrayPicture& object);

}  // namespace oriel::match
