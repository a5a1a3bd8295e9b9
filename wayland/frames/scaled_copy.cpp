// SPDX-License-Identifier: MIT
#include "frames/scaled_copy.h"

namespace oriel::wayland {

Result<std::unique_ptr<ScaledCopy>> ScaledCopy::create(Size size, const BufferShape& shape) {
    if (shape.exact.empty() || shape.exact == magnified(size, shape.times)) {
        auto made = MagnifiedPixels::create(size, shape.times);
        if (!made) {
            return tl::unexpected(std::move(made).error());
        }
        return std::unique_ptr<ScaledCopy>{new ScaledCopy{size, shape, std::move(*made)}};
    }
    auto made = LinearPixels::create(size, shape.exact);
    if (!made) {
        return tl::unexpected(std::move(made).error());
    }
    return std::unique_ptr<ScaledCopy>{new ScaledCopy{size, shape, std::move(*made)}};
}

}  // namespace oriel::wayland
