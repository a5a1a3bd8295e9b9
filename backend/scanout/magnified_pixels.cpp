// SPDX-License-Identifier: MIT
#include "scanout/magnified_pixels.h"

#include <cassert>
#include <cstring>
#include <memory>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace oriel {
namespace {

constexpr size_t kPixelBytes = MemoryBuffer::kBytesPerPixel;
#ifdef __SSE2__
/// Pixels in a vector register. What one of them writes too much is overwritten by the next.
constexpr uint32_t kRegister = kMagnifySlack + 1;
#endif

/// The rows of a magnified picture. Each is made once and given out `times` times: MemoryPixels
/// takes the rows of a rectangle one after the other, and a few of them before it uses the first.
class MagnifiedRows final : public RowSource {
public:
    MagnifiedRows(const MemoryBuffer& from, const Rect& source, uint32_t times)
        : from_{from},
          source_{source},
          times_{times},
          row_bytes_{(size_t{source.width} * times + kMagnifySlack) * kPixelBytes},
          rows_{std::make_unique_for_overwrite<std::byte[]>(kAtOnce * row_bytes_)} {}

    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte*) override {
        const MagnifiedRow wanted{x, y / times_, width};
        if (wanted != made_) {
            newest_ = (newest_ + 1) % kAtOnce;
            const std::byte* from =
                from_.row(source_.y + wanted.y) + (source_.x + x / times_) * kPixelBytes;
            magnify_row(newest(), from, width / times_, times_);
            made_ = wanted;
        }
        return newest();
    }

private:
    struct MagnifiedRow {
        uint32_t x = 0;
        uint32_t y = 0;
        uint32_t width = 0;
        friend bool operator==(const MagnifiedRow&, const MagnifiedRow&) = default;
    };

    [[nodiscard]] std::byte* newest() { return rows_.get() + newest_ * row_bytes_; }

    const MemoryBuffer& from_;
    const Rect source_;
    const uint32_t times_;
    const size_t row_bytes_;
    std::unique_ptr<std::byte[]> rows_;
    size_t newest_ = 0;
    MagnifiedRow made_;  // of the newest
};

}  // namespace

Region magnified(const Region& region, uint32_t times) {
    Region larger;
    region.for_each([&](const Rect& rect) { larger.add(magnified(rect, times)); });
    return larger;
}

#ifdef __SSE2__

void magnify_row(std::byte* to, const std::byte* from, uint32_t count, uint32_t times) {
    // void*: none of these needs an alignment.
    const auto load = [](const std::byte* at) {
        return _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at)));
    };
    const auto store = [](std::byte* at, __m128i pixels) {
        _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(at)), pixels);
    };
    if (times == 2) {
        // By far the most common: twice as fast as the loop below.
        for (; count >= kRegister; count -= kRegister, from += kRegister * kPixelBytes) {
            const __m128i pixels = load(from);
            store(to, _mm_unpacklo_epi32(pixels, pixels));
            store(to + kRegister * kPixelBytes, _mm_unpackhi_epi32(pixels, pixels));
            to += size_t{2} * kRegister * kPixelBytes;
        }
    }
    for (; count > 0; --count, from += kPixelBytes, to += times * kPixelBytes) {
        int pixel = 0;
        std::memcpy(&pixel, from, kPixelBytes);
        const __m128i same = _mm_set1_epi32(pixel);
        store(to, same);
        for (uint32_t done = kRegister; done < times; done += kRegister) {
            store(to + done * kPixelBytes, same);
        }
    }
}

#else

void magnify_row(std::byte* to, const std::byte* from, uint32_t count, uint32_t times) {
    for (; count > 0; --count, from += kPixelBytes) {
        for (uint32_t i = 0; i < times; ++i, to += kPixelBytes) {
            std::memcpy(to, from, kPixelBytes);
        }
    }
}

#endif

MagnifiedPixels::MagnifiedPixels(Size size, uint32_t times, std::shared_ptr<MemoryPixels> pixels)
    : size_{size}, times_{times}, pixels_{std::move(pixels)} {}

Result<std::unique_ptr<MagnifiedPixels>> MagnifiedPixels::create(Size size, uint32_t times) {
    auto pixels = MemoryPixels::create(magnified(size, times));
    if (!pixels) {
        return tl::unexpected(std::move(pixels).error());
    }
    return std::unique_ptr<MagnifiedPixels>{new MagnifiedPixels{size, times, std::move(*pixels)}};
}

void MagnifiedPixels::update(const MemoryBuffer& from, const Rect& source, const Region& damage) {
    assert(source.size() == size_ && source.inside(from.size()));
    MagnifiedRows rows{from, source, times_};
    damage.for_each([&](const Rect& rect) {
        const Rect inside{rect.x - source.x, rect.y - source.y, rect.width, rect.height};
        pixels_->update(magnified(inside, times_), rows, Damage::kAsClaimed);
    });
}

}  // namespace oriel
