// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/result.h"
#include "match/picture_view.h"

namespace oriel::app {

/// The pictures of one test, as files in its folder.
class ResultPictures {
public:
    /// `output`: the folder of all tests, in which there is one called `test`.
    ResultPictures(std::string output, std::string test)
        : output_{std::move(output)}, test_{std::move(test)} {}

    /// Writes NAME.png and returns its path relative to the output folder; empty for those beyond
    /// kMaxResultPictures.
    [[nodiscard]] Result<std::string> save(const std::string& name,
                                           const match::PictureView& picture);

private:
    std::string output_;
    std::string test_;
    size_t count_ = 0;
};

}  // namespace oriel::app
