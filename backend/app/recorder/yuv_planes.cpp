// SPDX-License-Identifier: MIT
#include "recorder/yuv_planes.h"

#include <algorithm>
#include <cstddef>

namespace oriel::app::recorder {
namespace {

// ITU-R BT.709: luma is 0.2126 R + 0.7152 G + 0.0722 B; a colour difference is divided by what
// brings it to +-0.5.
constexpr double kRed = 0.2126;
constexpr double kBlue = 0.0722;
constexpr double kGreen = 1 - kRed - kBlue;
constexpr double kLumaSteps = 219.0 / 255;
constexpr double kChromaSteps = 224.0 / 255;

constexpr int kBits = 16;
constexpr int32_t fixed(double value) {
    const double scaled = value * (1 << kBits);
    return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/// What a channel adds, by its weights for red, green and blue. The third makes the sum exact, so
/// that grey has no colour.
struct Weights {
    int32_t red;
    int32_t green;
    int32_t blue;
    int32_t base;  ///< with the half that rounds
};
constexpr int32_t base(int32_t value) {
    return (value << kBits) + (1 << (kBits - 1));
}
constexpr int32_t kLumaSum = fixed(kLumaSteps);
constexpr Weights kY{fixed(kRed * kLumaSteps),
                     kLumaSum - fixed(kRed* kLumaSteps) - fixed(kBlue* kLumaSteps),
                     fixed(kBlue* kLumaSteps), base(16)};
constexpr int32_t kHalf = fixed(0.5 * kChromaSteps);
constexpr int32_t kCbRed = fixed(-kRed / (1 - kBlue) * 0.5 * kChromaSteps);
constexpr int32_t kCrBlue = fixed(-kBlue / (1 - kRed) * 0.5 * kChromaSteps);
constexpr Weights kCb{kCbRed, -kHalf - kCbRed, kHalf, base(128)};
constexpr Weights kCr{kHalf, -kHalf - kCrBlue, kCrBlue, base(128)};
static_assert(kGreen > 0.7 && kGreen < 0.72);

inline uint8_t value(const Weights& weights, uint32_t pixel) {
    const auto red = static_cast<int32_t>(pixel >> 16 & 0xff);
    const auto green = static_cast<int32_t>(pixel >> 8 & 0xff);
    const auto blue = static_cast<int32_t>(pixel & 0xff);
    return static_cast<uint8_t>(
        (weights.red * red + weights.green * green + weights.blue * blue + weights.base) >> kBits);
}

/// A loop that a compiler makes vectors of.
void convert_row(const Weights& weights, const uint32_t* from, uint8_t* to, uint32_t count) {
    for (uint32_t x = 0; x < count; ++x) {
        to[x] = value(weights, from[x]);
    }
}

}  // namespace

YuvPlanes::YuvPlanes(Size size) : size_{size}, bytes_(size.area() * 3, 128) {
    std::fill_n(bytes_.begin(), static_cast<ptrdiff_t>(size.area()), uint8_t{16});
}

void YuvPlanes::convert(const match::PictureView& picture) {
    const size_t plane = size_.area();
    for (uint32_t y = 0; y < size_.height; ++y) {
        const uint32_t* const from = picture.row(y);
        uint8_t* const to = bytes_.data() + size_t{y} * size_.width;
        convert_row(kY, from, to, size_.width);
        convert_row(kCb, from, to + plane, size_.width);
        convert_row(kCr, from, to + plane * 2, size_.width);
    }
}

}  // namespace oriel::app::recorder
