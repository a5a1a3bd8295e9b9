// SPDX-License-Identifier: MIT
#include "scanout/linear_pixels.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "scanout/magnified_pixels.h"
#include "scanout/pixman_image.h"

namespace oriel {
namespace {

constexpr size_t kLinearPixelBytes = MemoryBuffer::kBytesPerPixel;

/// The px of the target, of one side, that [begin, end) of `size` px reach to with their
/// neighbours.
std::pair<uint32_t, uint32_t> reach(uint32_t begin, uint32_t end, uint32_t size, uint32_t target) {
    const uint64_t first = begin > 0 ? begin - 1 : 0;
    const uint64_t last = std::min<uint64_t>(uint64_t{end} + 1, size);
    // One px more each way: pixman's scales are rounded.
    const uint64_t low = first * target / size;
    const uint64_t high = (last * target + size - 1) / size + 1;
    return {static_cast<uint32_t>(low > 0 ? low - 1 : 0),
            static_cast<uint32_t>(std::min<uint64_t>(high, target))};
}

/// The rows of a scaled picture, made some at a time.
class LinearRows final : public RowSource {
public:
    LinearRows(const PixelRows& from, Size target)
        : from_{from},
          target_{target},
          row_bytes_{size_t{target.width} * kLinearPixelBytes},
          rows_{std::make_unique_for_overwrite<std::byte[]>(blocks_.size() * kRows * row_bytes_)} {}

    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte*) override {
        const Block wanted{x, y / kRows, width};
        // The rows given out before this one may be in the block before.
        const size_t place = wanted.number % blocks_.size();
        std::byte* const begin = rows_.get() + place * kRows * row_bytes_;
        if (blocks_.at(place) != wanted) {
            blocks_.at(place) = wanted;
            const uint32_t first = wanted.number * kRows;
            const Rect part{x, first, width, std::min(kRows, target_.height - first)};
            scale_linear(from_, target_, part, begin, row_bytes_);
        }
        return begin + (y % kRows) * row_bytes_;
    }

private:
    static constexpr uint32_t kRows = 16;
    struct Block {
        uint32_t x = 0;
        uint32_t number = 0;
        uint32_t width = 0;
        friend bool operator==(const Block&, const Block&) = default;
    };

    const PixelRows from_;
    const Size target_;
    const size_t row_bytes_;
    std::array<Block, 2> blocks_{};
    std::unique_ptr<std::byte[]> rows_;
};

}  // namespace

Region scaled_damage(const Region& damage, const Rect& source, Size target) {
    Region inside = damage;
    inside.translate(-static_cast<int32_t>(source.x), -static_cast<int32_t>(source.y));
    if (const uint32_t times = whole_times(source.size(), target); times > 0) {
        return magnified(inside, times);
    }
    Region scaled;
    inside.for_each([&](const Rect& rect) {
        const auto [left, right] = reach(rect.x, rect.x + rect.width, source.width, target.width);
        const auto [top, bottom] =
            reach(rect.y, rect.y + rect.height, source.height, target.height);
        scaled.add(Rect{left, top, right - left, bottom - top});
    });
    return scaled;
}

void scale_linear(const PixelRows& from, Size target, const Rect& part, std::byte* to,
                  size_t stride) {
    const PixmanImage source = pixman_image_of(from.first, from.stride, from.size, from.alpha);
    const PixmanImage destination = pixman_image_of(to, stride, part.size(), from.alpha);
    if (!source || !destination) {
        return;  // no memory for it: what was there stays
    }
    pixman_transform_t transform;
    pixman_transform_init_scale(
        &transform, pixman_double_to_fixed(double{1} * from.size.width / target.width),
        pixman_double_to_fixed(double{1} * from.size.height / target.height));
    pixman_image_set_transform(source.get(), &transform);
    pixman_image_set_filter(source.get(), PIXMAN_FILTER_BILINEAR, nullptr, 0);
    pixman_image_set_repeat(source.get(), PIXMAN_REPEAT_PAD);
    pixman_image_composite32(PIXMAN_OP_SRC, source.get(), nullptr, destination.get(),
                             static_cast<int>(part.x), static_cast<int>(part.y), 0, 0, 0, 0,
                             static_cast<int>(part.width), static_cast<int>(part.height));
}

LinearPixels::LinearPixels(Size size, std::shared_ptr<MemoryPixels> pixels)
    : size_{size}, pixels_{std::move(pixels)} {}

Result<std::unique_ptr<LinearPixels>> LinearPixels::create(Size size, Size target) {
    auto pixels = MemoryPixels::create(target);
    if (!pixels) {
        return tl::unexpected(std::move(pixels).error());
    }
    return std::unique_ptr<LinearPixels>{new LinearPixels{size, std::move(*pixels)}};
}

void LinearPixels::update(const MemoryBuffer& from, const Rect& source, const Region& damage) {
    assert(source.size() == size_ && source.inside(from.size()));
    LinearRows rows{{.first = from.row(source.y) + source.x * kLinearPixelBytes,
                     .stride = from.stride(),
                     .size = source.size()},
                    target()};
    scaled_damage(damage, source, target()).for_each([&](const Rect& rect) {
        pixels_->update(rect, rows, Damage::kAsClaimed);
    });
}

}  // namespace oriel
