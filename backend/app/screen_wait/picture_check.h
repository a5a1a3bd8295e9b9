// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "match/picture_view.h"
#include "screen_wait/condition.h"
#include "screen_wait/font_files.h"
#include "screen_wait/watched_vm.h"

namespace oriel::app {

/// What a look at a picture found.
struct PictureVerdict {
    bool ok = false;
    std::string message;            ///< what is missing, or where it is: one line
    std::optional<Rect> where;      ///< where a match is
    std::optional<Point> click;     ///< where a needle says that one clicks
    std::optional<size_t> nearest;  ///< of the condition's files: the one that is nearest
    std::optional<Rect> compared;   ///< the part of the screen that one was compared with
};

/// A condition about pixels, with its files read.
class PictureCheck {
public:
    PictureCheck() = default;
    PictureCheck(const PictureCheck&) = delete;
    PictureCheck& operator=(const PictureCheck&) = delete;
    virtual ~PictureCheck() = default;

    [[nodiscard]] virtual PictureVerdict check(const SeenPicture& seen) const = 0;
    /// More about a verdict that is final and not ok: what takes too long for each frame.
    virtual void explain(const SeenPicture&, PictureVerdict&) const {}
    /// The picture that was expected, for a report; null where there is none.
    [[nodiscard]] virtual const match::Picture* expected(size_t) const { return nullptr; }
};

/// Null for a condition that is not about pixels. `fonts` are used while this runs. The error is a
/// line for the user: a file that can't be read.
[[nodiscard]] Result<std::unique_ptr<PictureCheck>> make_picture_check(const Condition& condition,
                                                                       ScreenFonts& fonts);

}  // namespace oriel::app
