// SPDX-License-Identifier: MIT
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/unique_handle.h"
#include "scanout/screen_feed.h"

namespace oriel::app {

/// What tells one picture from another: XXH3's 128 bits over all pixels, row by row. The byte that
/// has no colour doesn't count.
class PictureHash {
public:
    /// As many px as a picture may have that is compared; a larger one would take too long.
    static constexpr size_t kMostPixels = size_t{32} << 20;

    PictureHash();

    /// 32 hexadecimal digits. Empty where the CPU can't read the picture, or it is too large.
    [[nodiscard]] std::string of(const ScreenPicture& picture);

private:
    void add_rows(const MemoryBuffer& pixels, const Rect& part);

    UniqueHandle<XXH3_state_t, XXH3_freeState> state_;
    std::vector<uint32_t> row_;
};

}  // namespace oriel::app
