// SPDX-License-Identifier: MIT
#include "test_run/result_pictures.h"

#include "match/png.h"
#include "test_run/test_result.h"

namespace oriel::app {

Result<std::string> ResultPictures::save(const std::string& name,
                                         const match::PictureView& picture) {
    if (count_ >= kMaxResultPictures) {
        return std::string{};
    }
    ++count_;
    std::string path = fmt::format("{}/{}.png", test_, name);
    if (auto written =
            match::write_png(fmt::format("{}/{}", output_, path), picture, match::PngEffort::kFast);
        !written) {
        return tl::unexpected(written.error());
    }
    return path;
}

}  // namespace oriel::app
